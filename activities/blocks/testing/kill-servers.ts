import type { KillDisks } from './kill-disks.js'
import type { KillPlan } from './kill-plan.js'
import { keepServer, type KeptServer } from './kept-server.js'
import { nbdkit, qemuNbd } from './servers.js'

export interface KillServers extends AsyncDisposable {
  readonly source: KeptServer
  readonly target: KeptServer
}

// Old clients may still be on their way out when the next one comes.
const manyClients = ['--shared=16']

export const keepServers = async (
  { format }: KillPlan,
  { sourcePath, targetPath, targetFormat }: KillDisks,
  path: (name: string) => string,
): Promise<KillServers> => {
  const source = await keepServer(() => nbdkit(path('s.sock'), ['--readonly', 'file', sourcePath]))
  try {
    const target = await keepServer(() =>
      format === 'lossy'
        ? nbdkit(path('t.sock'), ['--filter=cache', 'file', targetPath, 'cache=writeback'])
        : qemuNbd(path('t.sock'), targetPath, { format: targetFormat, more: manyClients }),
    )
    return {
      source,
      target,
      [Symbol.asyncDispose]: async () =>
        void (await Promise.all([source, target].map((one) => one[Symbol.asyncDispose]()))),
    }
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
}
