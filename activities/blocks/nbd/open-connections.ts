import { EndError } from '../errors.js'
import type { NbdAddress } from './address.js'
import { openConnection, type Connection, type ConnectionOptions } from './connection.js'
import { transmissionFlag } from './constants.js'
import type { NbdOptions } from './nbd-options.js'

type Wanted = Required<Pick<NbdOptions, 'connections'>> & Pick<NbdOptions, 'places'>

/** One connection, and others where the server promises that all see the same writes and there are places left. */
export const openConnections = async (
  address: NbdAddress,
  options: ConnectionOptions,
  { connections: wanted, places }: Wanted,
): Promise<Connection[]> => {
  const first = await openInPlace(address, options, await places?.take(options.signal))
  const canMore = (first.agreed.flags & transmissionFlag.canMultiConn) !== 0
  const opening: Promise<Connection>[] = []
  while (canMore && opening.length < wanted - 1) {
    const place = places?.tryTake()
    if (places !== undefined && place === undefined) break
    opening.push(openInPlace(address, options, place))
  }
  const opened = await Promise.allSettled(opening)
  const connections = [first, ...opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))]
  const failed = opened.find((one) => one.status === 'rejected')
  if (failed === undefined && connections.every((one) => isSameExport(first, one))) return connections
  await Promise.all(connections.map((one) => one.close(0)))
  throw failed?.reason ?? disagreement(options)
}

const openInPlace = async (
  address: NbdAddress,
  options: ConnectionOptions,
  place: Disposable | undefined,
): Promise<Connection> => {
  try {
    const connection = await openConnection(address, options)
    let isHeld = true
    return {
      ...connection,
      async close(drainMs) {
        await connection.close(drainMs)
        if (isHeld) place?.[Symbol.dispose]()
        isHeld = false
      },
    }
  } catch (error) {
    place?.[Symbol.dispose]()
    throw error
  }
}

const isSameExport = ({ agreed: a }: Connection, { agreed: b }: Connection): boolean =>
  a.sizeBytes === b.sizeBytes &&
  a.minBlockBytes === b.minBlockBytes &&
  a.maxBlockBytes === b.maxBlockBytes &&
  a.flags === b.flags

const disagreement = ({ side, where }: ConnectionOptions): EndError =>
  new EndError({
    side,
    op: 'open',
    offset: 0,
    length: 0,
    errno: 'EPROTO',
    where,
    detail: 'the server described the export differently to two connections',
  })
