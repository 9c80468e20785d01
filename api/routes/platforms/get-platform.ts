import { getPlatform } from '../../contract/platforms.js'
import { route } from '../../route.js'
import { findPlatform } from './find-platform.js'

export const getPlatformRoute = route(getPlatform, async ({ context, params }) => ({
  status: 200,
  body: await findPlatform(context.db, params.id),
}))
