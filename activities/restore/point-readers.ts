import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Failure } from '../../domain/failure.js'
import { releasePins, renewPin, takePins } from '../../drizzle/queries/pins.js'
import { readerLingersMs, takeUnlessHeld } from '../catalog/pins.js'
import type { PinDependencies } from '../catalog/pins.js'
import { pointInUse } from '../catalog/point-in-use.js'

/** Keeps points from being deleted while this process reads them. */
export interface PointReaders extends AsyncDisposable {
  /**
   * Does the work while the point is pinned, and a moment longer: the next range may be on its way. Throws
   * `point-in-use` for a point that is being deleted, `not-found` for one that is gone.
   */
  whileHeld<Result>(backupId: string, work: () => Promise<Result>): Promise<Result>
}

export interface PointReadersOptions {
  /** A process that dies holds its points for so long. */
  readonly lastsMs?: number
  readonly lingersMs?: number
}

interface Reading {
  readers: number
  isHeld: boolean
  /** What is done to its pin, one after the other. */
  turn: Promise<unknown>
  renewal: NodeJS.Timeout | undefined
}

export const openPointReaders = (
  dependencies: PinDependencies,
  { lastsMs = 60_000, lingersMs = readerLingersMs }: PointReadersOptions = {},
): PointReaders => {
  const { db } = dependencies
  const owner = `content:${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
  const readings = new Map<string, Reading>()
  const take = async (backupId: string): Promise<void> => {
    const wanted = { purpose: 'read', owner, runId: null, lastsMs } as const
    const taking = await takeUnlessHeld(dependencies, () => takePins(db, [backupId], wanted))
    if (taking.kind === 'held') throw await pointInUse(db, taking.by)
    if (taking.kind === 'missing') throw gone(backupId)
  }
  const hold = (backupId: string, reading: Reading): Promise<void> =>
    inTurn(reading, async () => {
      if (reading.isHeld) return
      await take(backupId)
      reading.isHeld = true
      // Over already, because the database was away? Then it is taken again, if nobody deletes the point by now.
      const renew = (): Promise<void> => inTurn(reading, () => (reading.isHeld ? take(backupId) : undefined))
      reading.renewal = setInterval(() => void renew().catch(() => undefined), lastsMs / 3).unref()
    })
  const letGo = (backupId: string, reading: Reading): Promise<void> =>
    inTurn(reading, async () => {
      if (reading.readers > 0) return
      clearInterval(reading.renewal)
      const wasHeld = reading.isHeld
      reading.isHeld = false
      if (wasHeld) await renewPin(db, { backupId, purpose: 'read', owner }, lingersMs)
      // Whoever has come meanwhile waits for this turn and takes the pin anew.
      if (reading.readers === 0) readings.delete(backupId)
    })
  return {
    whileHeld: async (backupId, work) => {
      const reading = readings.get(backupId) ?? {
        readers: 0,
        isHeld: false,
        turn: Promise.resolve(),
        renewal: undefined,
      }
      readings.set(backupId, reading)
      reading.readers += 1
      try {
        await hold(backupId, reading)
        return await work()
      } finally {
        reading.readers -= 1
        // What cannot be let go now, because the database is away, ends by itself.
        if (reading.readers === 0) void letGo(backupId, reading).catch(() => undefined)
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const reading of readings.values()) clearInterval(reading.renewal)
      await Promise.allSettled([...readings.values()].map(({ turn }) => turn))
      await releasePins(db, { owner, runId: null }).catch(() => undefined)
    },
  }
}

const inTurn = (reading: Reading, step: () => Promise<void> | undefined): Promise<void> => {
  const done = reading.turn.then(step, step)
  reading.turn = done.catch(() => undefined)
  return done.then(() => undefined)
}

const gone = (backupId: string): Failure =>
  new Failure('not-found', `Point ${backupId} has been deleted`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Choose another point.',
  })
