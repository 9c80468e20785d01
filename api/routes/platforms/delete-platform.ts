import { deleteCredential } from '../../../drizzle/queries/credentials.js'
import { deletePlatform as removePlatform } from '../../../drizzle/queries/platforms.js'
import { deletePlatform } from '../../contract/platforms.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findPlatform } from './find-platform.js'

export const deletePlatformRoute = route(deletePlatform, async ({ context, params }) => {
  const platform = await findPlatform(context.db, params.id)
  const outcome = await removePlatform(context.db, platform.id)
  if (outcome === 'not-found') throw notFound('platform', platform.id)
  if (outcome === 'in-use')
    throw new ApiProblem(409, 'conflict', `Platform ${platform.name} still has VMs or backups`, {
      remedy:
        'VMs under protection cannot be given up yet; change the platform instead, or leave it as it is.',
    })
  await deleteCredential(context.db, platform.credential_id)
  context.hub.publish('platforms', { id: platform.id })
  return { status: 204, body: null }
})
