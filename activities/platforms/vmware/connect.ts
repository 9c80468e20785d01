import type { OpenPlatform } from '../platform.js'
import { changeTrackingOf } from './change-tracking.js'
import { inventoryOf } from './inventory.js'
import { openSession } from './session.js'
import { sourceOf } from './source.js'

/** A connection to a vCenter. Nothing is sent before the first call: certificate and login fail there. */
export const openVmware: OpenPlatform = async (platform, secret, options) => {
  const session = openSession(platform, secret, options)
  return {
    platform,
    inventory: inventoryOf(session),
    source: sourceOf(session, secret, options.vddkLibDir),
    changeTracking: changeTrackingOf(session),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
