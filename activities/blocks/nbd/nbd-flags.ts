import { transmissionFlag } from './constants.js'
import type { NbdFlags } from './nbd-options.js'

/** The transmission flags by their meaning. */
export const readFlags = (bits: number): NbdFlags => {
  const has = (flag: number): boolean => (bits & flag) !== 0
  const canZero = has(transmissionFlag.sendWriteZeroes)
  return {
    readOnly: has(transmissionFlag.readOnly),
    canFlush: has(transmissionFlag.sendFlush),
    canZero,
    canFastZero: canZero && has(transmissionFlag.sendFastZero),
    canTrim: has(transmissionFlag.sendTrim),
    canMultiConn: has(transmissionFlag.canMultiConn),
    canFua: has(transmissionFlag.sendFua),
    rotational: has(transmissionFlag.rotational),
  }
}
