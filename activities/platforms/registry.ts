import { Failure } from '../../domain/failure.js'
import type { PlatformKind } from '../../domain/platform.js'
import { openMemory } from './memory/connect.js'
import type { OpenPlatform } from './platform.js'
import { openVmware } from './vmware/connect.js'

const notBuilt: OpenPlatform = async (platform) => {
  throw new Failure(
    'not-available',
    `Platforms of kind ${platform.kind} cannot be used yet (${platform.name})`,
    {
      retry: false,
      facts: { kind: platform.kind, platform: platform.name },
      remedy: 'Use a platform of kind vmware.',
    },
  )
}

const drivers: Readonly<Record<PlatformKind, OpenPlatform>> = {
  vmware: openVmware,
  memory: openMemory,
  ossea: notBuilt,
  libvirt: notBuilt,
}

/** Opens a connection with the driver of the platform's kind. Throws `not-available` where there is none. */
export const openPlatform: OpenPlatform = (platform, secret, options) =>
  drivers[platform.kind](platform, secret, options)
