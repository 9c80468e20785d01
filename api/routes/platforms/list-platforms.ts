import { listPlatforms as readPlatforms } from '../../../drizzle/queries/platforms.js'
import { listPlatforms } from '../../contract/platforms.js'
import { route } from '../../route.js'

// Platforms are few: vCenters and clouds, not VMs.
const most = 500

export const listPlatformsRoute = route(listPlatforms, async ({ context }) => {
  const { rows, total } = await readPlatforms(context.db, { limit: most })
  return { status: 200, body: { platforms: rows, total } }
})
