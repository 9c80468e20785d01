import { readers, type ReadJob } from './job.js'
import { measuredJob } from './measured-job.js'
import { loadPeer, vates } from './peer-package.js'
import { readAreas } from './read-areas.js'

interface Client {
  connect(): Promise<void>
  disconnect(): Promise<void>
  readBlock(index: number, bytes: number): Promise<Buffer>
}
type NewClient = new (settings: { readonly port: string; readonly exportname: string }) => Client

// It belongs into a process that lives long, as ours does: so it is measured from inside, and loaded before.
const { default: NbdClient } = (await loadPeer(vates, process.argv[3] ?? '')) as {
  readonly default: NewClient
}

await measuredJob<ReadJob>(async ({ socketPath, areas, requestBytes }) => {
  // Its port goes straight to `socket.connect`, which takes the path of a socket as well.
  const clients = Array.from(
    { length: readers.connections },
    () => new NbdClient({ port: socketPath, exportname: '' }),
  )
  await Promise.all(clients.map((client) => client.connect()))
  await readAreas(areas, requestBytes, async (offset, _into, line) => {
    const block = await clients[line % clients.length]!.readBlock(offset / requestBytes, requestBytes)
    if (block.length !== requestBytes) throw new Error(`${block.length} bytes came for ${requestBytes}`)
  })
  await Promise.all(clients.map((client) => client.disconnect()))
  return [performance.now()]
})
