import type { Db } from '../../drizzle/open.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import type { PlatformTlsMode } from '../contract/platforms.js'

export type TlsModes = ReadonlyMap<string, PlatformTlsMode>

/** How the certificates of these platforms are judged, by platform id: one question for each platform. */
export async function tlsModesOf(
  db: Db,
  subjects: readonly { readonly platform_id: string }[],
): Promise<TlsModes> {
  const ids = [...new Set(subjects.map((subject) => subject.platform_id))]
  const found = await Promise.all(ids.map((id) => platformById(db, id)))
  return new Map(
    found.flatMap((platform) => (platform === undefined ? [] : [[platform.id, platform.tls.mode]])),
  )
}

/** A VM or run whose platform is gone from the records counts as insecure: nothing vouches for it. */
export const tlsModeIn = (modes: TlsModes, subject: { readonly platform_id: string }): PlatformTlsMode =>
  modes.get(subject.platform_id) ?? 'insecure'
