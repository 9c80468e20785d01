import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { byteRange } from './byte-range.js'
import { createDiskPool } from './disk-pool.js'
import type { ContentDisk, DiskPool } from './disk-pool.js'
import { sendContent } from './send-content.js'

/**
 * Serves disk contents over HTTP on loopback, each under `/<reference>/<token>`. The reference may be told to anybody:
 * it stands in histories; the token follows from it for who has the key. A disk that nobody reads for `idleMs`
 * is closed, and a path that nobody asked for that long is forgotten.
 */
export interface ContentServer extends AsyncDisposable {
  /** Opens the disk, so that a point that cannot be read is refused here, and answers the URL of its reference. */
  publish(disk: ContentDisk): Promise<string>
  /** How many disks are open now. */
  readonly openDisks: number
}

export interface ContentServerOptions {
  /** The token that a reader of this reference must bring. */
  readonly tokenOf: (reference: string) => string
  readonly idleMs?: number
}

interface Ticket {
  readonly disk: ContentDisk
  expiry: NodeJS.Timeout | undefined
}

export const openContentServer = async (options: ContentServerOptions): Promise<ContentServer> => {
  const tickets = createTickets(options.idleMs ?? 60_000, options.tokenOf)
  const disks = createDiskPool(options.idleMs ?? 60_000)
  const server = createServer((request, response) => {
    // An answer that broke off is seen by the client as one: the socket is gone before its last byte.
    answer(request, response, tickets.find(request.url), disks).catch(() => response.destroy())
  })
  const address = await listen(server)
  return {
    get openDisks() {
      return disks.count()
    },
    publish: async (disk) => {
      await disk.whileHeld(() => disks.use(disk, async () => undefined))
      return `http://127.0.0.1:${address.port}/${tickets.issue(disk)}`
    },
    [Symbol.asyncDispose]: async () => {
      tickets.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await disks.close()
    },
  }
}

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  disk: ContentDisk | undefined,
  disks: DiskPool,
): Promise<void> => {
  if (disk === undefined) return refuse(response, 404, 'This content is no longer open; ask for it again.')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405, 'Disk content can only be read.')
  }
  const tag = `"${disk.key}"`
  const condition = request.headers['if-range']
  const range = byteRange(
    condition === undefined || condition === tag ? request.headers.range : undefined,
    disk.sizeBytes,
  )
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('ETag', tag)
  if (range.kind === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${disk.sizeBytes}`)
    return refuse(response, 416, `The disk has ${disk.sizeBytes} bytes.`)
  }
  response.setHeader('Content-Type', 'application/octet-stream')
  response.setHeader(
    'Content-Disposition',
    `attachment; filename="${disk.fileName.replace(/[^A-Za-z0-9._-]/g, '_')}"`,
  )
  response.setHeader('Content-Length', range.end - range.start)
  if (range.kind === 'part')
    response.setHeader('Content-Range', `bytes ${range.start}-${range.end - 1}/${disk.sizeBytes}`)
  response.statusCode = range.kind === 'part' ? 206 : 200
  if (request.method === 'HEAD') return void response.end()
  await disk.whileHeld(() => disks.use(disk, (end) => sendContent(end, range.start, range.end, response)))
}

const refuse = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

interface Tickets {
  /** Answers the disk's new reference. */
  issue(disk: ContentDisk): string
  find(path: string | undefined): ContentDisk | undefined
  close(): void
}

const createTickets = (idleMs: number, tokenOf: (reference: string) => string): Tickets => {
  const known = new Map<string, Ticket>()
  const renew = (reference: string, ticket: Ticket): void => {
    clearTimeout(ticket.expiry)
    ticket.expiry = setTimeout(() => known.delete(reference), idleMs).unref()
  }
  return {
    issue: (disk) => {
      const reference = randomBytes(16).toString('base64url')
      const ticket: Ticket = { disk, expiry: undefined }
      known.set(reference, ticket)
      renew(reference, ticket)
      return reference
    },
    find: (path) => {
      const [reference = '', token = ''] = (path ?? '').slice(1).split('/', 2)
      const ticket = known.get(reference)
      if (ticket === undefined || !isSame(token, tokenOf(reference))) return undefined
      renew(reference, ticket)
      return ticket.disk
    },
    close: () => {
      for (const ticket of known.values()) clearTimeout(ticket.expiry)
      known.clear()
    },
  }
}

// How long it takes tells nothing of the token.
const isSame = (given: string, wanted: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(wanted).digest())

const listen = (server: Server): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
