import type { Platform } from '../domain/platform.js'
import type { OpenOptions, OpenPlatform, PlatformConnection } from './platforms/platform.js'

export interface PlatformConnections extends AsyncDisposable {
  /** The shared connection to a platform; opened on first use, replaced when its registration changed. */
  to(platform: Platform): Promise<PlatformConnection>
}

interface Held {
  readonly version: string
  readonly connection: Promise<PlatformConnection>
}

/**
 * One connection a platform and process: sessions are few on a vCenter, so steps share them. A failed opening is
 * forgotten, so that the next step tries again.
 */
export function platformConnections(
  open: OpenPlatform,
  secretOf: (platform: Platform) => Promise<string>,
  options: OpenOptions,
): PlatformConnections {
  const held = new Map<string, Held>()
  const close = async (entry: Held | undefined): Promise<void> => {
    const connection = await entry?.connection.catch(() => undefined)
    await connection?.[Symbol.asyncDispose]()
  }
  return {
    to: async (platform) => {
      const version = `${platform.updated_at} ${platform.credential_id}`
      const known = held.get(platform.id)
      if (known?.version === version) return await known.connection
      const connection = secretOf(platform).then((secret) => open(platform, secret, options))
      held.set(platform.id, { version, connection })
      connection.catch(() => held.get(platform.id)?.connection === connection && held.delete(platform.id))
      await close(known)
      return await connection
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled([...held.values()].map(close))
      held.clear()
    },
  }
}
