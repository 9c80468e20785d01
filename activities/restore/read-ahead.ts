import type { End } from '../blocks/end.js'
import { cutPieces } from '../blocks/pieces.js'
import { pieceBytes, type Piece } from '../blocks/plan.js'

/** The next bytes of a disk. `release` gives their buffer back; without it the buffer is merely not used again. */
export interface Chunk {
  readonly bytes: Buffer
  readonly release: () => void
}

/** Hides an NBD round trip; little enough that a slow reader costs no memory. */
const piecesInFlight = 6

const zeros = Buffer.alloc(pieceBytes)
const nothing = (): void => undefined

/**
 * The disk's bytes from `start` to `end` (exclusive), in order, a few reads ahead of the consumer; what the disk knows
 * to be zero is not read. A consumer that stops early ends the reads in flight before this returns. Rejects with the
 * end's own error.
 */
export async function* readAhead(
  disk: End,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void> {
  const stopping = new AbortController()
  const stop = AbortSignal.any([signal, stopping.signal])
  const inFlight: Promise<Chunk>[] = []
  const free: Buffer[] = []
  const take = async (piece: Piece): Promise<Chunk> => {
    if (piece.kind === 'zero') return { bytes: zeros.subarray(0, piece.length), release: nothing }
    if (disk.readInto === undefined)
      return { bytes: await disk.read(piece.offset, piece.length, stop), release: nothing }
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
    await disk.readInto(piece.offset, buffer.subarray(0, piece.length), stop)
    return { bytes: buffer.subarray(0, piece.length), release: () => void free.push(buffer) }
  }
  try {
    for await (const piece of piecesOf(disk, start, end, stop)) {
      const taking = take(piece)
      // Its turn to be awaited may come after another one has failed.
      taking.catch(nothing)
      inFlight.push(taking)
      if (inFlight.length >= piecesInFlight) yield await inFlight.shift()!
    }
    while (inFlight.length > 0) yield await inFlight.shift()!
  } finally {
    stopping.abort()
    await Promise.allSettled(inFlight)
  }
}

/** At most 1 MiB each. One piece is read as it is: asking what it holds would cost as much. */
async function* piecesOf(disk: End, start: number, end: number, signal: AbortSignal): AsyncGenerator<Piece> {
  const whole = { offset: start, length: end - start }
  if (whole.length <= pieceBytes) {
    if (whole.length > 0) yield { ...whole, kind: 'data' }
    return
  }
  for await (const piece of cutPieces(disk, [whole], signal))
    for (let done = 0; done < piece.length; done += pieceBytes)
      yield { ...piece, offset: piece.offset + done, length: Math.min(pieceBytes, piece.length - done) }
}
