import { setTimeout as pause } from 'node:timers/promises'
import type { Session } from './session.js'

/** Waits, unless the connection's signal ends it; throws the signal's own reason then. */
export const rest = async ({ signal }: Session, ms: number): Promise<void> => {
  try {
    await pause(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
