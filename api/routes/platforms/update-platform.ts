import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { Platform } from '../../../domain/platform.js'
import { replaceCredential } from '../../../drizzle/queries/credentials.js'
import { updatePlatform as writePlatform } from '../../../drizzle/queries/platforms.js'
import type { ApiContext } from '../../context.js'
import type { PlatformPatch } from '../../contract/platforms.js'
import { replacePlatform, updatePlatform } from '../../contract/platforms.js'
import { notFound, unprocessable } from '../../problem.js'
import { route } from '../../route.js'
import { findPlatform } from './find-platform.js'

export const updatePlatformRoute = route(updatePlatform, async ({ context, params, body }) => ({
  status: 200,
  body: await change(context, params.id, body),
}))

export const replacePlatformRoute = route(replacePlatform, async ({ context, params, body }) => ({
  status: 200,
  body: await change(context, params.id, { datacenter: null, ...body }),
}))

/** Writes what is given; a new password goes under the same credential id, so runs in progress pick it up. */
async function change(
  context: ApiContext,
  id: string,
  patch: z.output<typeof PlatformPatch>,
): Promise<Platform> {
  const before = await findPlatform(context.db, id)
  const { name, host, username, datacenter, tls, transport, password } = patch
  if (password === undefined) refuseOldPassword(before, patch)
  const written = await writePlatform(context.db, id, {
    ...(name === undefined ? {} : { name }),
    ...(host === undefined ? {} : { host }),
    ...(username === undefined ? {} : { username }),
    ...(datacenter === undefined ? {} : { datacenter }),
    ...(tls === undefined ? {} : { tls }),
    ...(transport === undefined ? {} : { transport }),
  })
  if (!written) throw notFound('platform', id)
  if (password !== undefined)
    await replaceCredential(context.db, before.credential_id, context.seal(before.credential_id, password))
  context.hub.publish('platforms', { id })
  return findPlatform(context.db, id)
}

/** Whoever changes where the password goes, as whom, or who may read it on its way, must know it. Throws 422. */
function refuseOldPassword(before: Platform, patch: z.output<typeof PlatformPatch>): void {
  const changed = (['host', 'username', 'tls'] as const).filter(
    (name) => patch[name] !== undefined && !isDeepStrictEqual(patch[name], before[name]),
  )
  if (changed.length === 0) return
  throw unprocessable(
    'password',
    `must be given when ${changed.join(', ')} changes: the stored one is for ${before.host} as it was`,
    'Enter the password together with the change.',
  )
}
