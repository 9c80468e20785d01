import { Failure } from '../../../domain/failure.js'
import type { OpenPlatform } from '../platform.js'
import { changeTrackingOf } from './change-tracking.js'
import { datacentreNamed } from './datacentre.js'
import { inventoryOf } from './inventory.js'
import { loginRefused } from './refusals.js'
import { sourceOf } from './source.js'

/** A connection to the datacentre of this process whose name is the platform's host. */
export const openMemory: OpenPlatform = async (platform, secret, options) => {
  const datacentre = datacentreNamed(platform.host)
  if (datacentre === undefined)
    throw new Failure(
      'source-unreachable',
      `No memory datacentre named ${platform.host} lives in this process`,
      {
        retry: false,
        facts: { host: platform.host },
        remedy: 'A memory platform is for tests: it must be made in the process that uses it.',
      },
    )
  const admit = (): void => {
    options.signal?.throwIfAborted()
    const { login } = datacentre
    if (login !== undefined && (login.username !== platform.username || login.password !== secret))
      throw loginRefused(datacentre, platform.username)
  }
  return {
    platform,
    inventory: inventoryOf(datacentre, platform, admit),
    source: sourceOf(datacentre, admit),
    changeTracking: changeTrackingOf(datacentre, admit),
    async [Symbol.asyncDispose]() {},
  }
}
