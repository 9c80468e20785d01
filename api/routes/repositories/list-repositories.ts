import { listRepositories as readRepositories } from '../../../drizzle/queries/repositories.js'
import { listRepositories } from '../../contract/repositories.js'
import { route } from '../../route.js'

const most = 500

export const listRepositoriesRoute = route(listRepositories, async ({ context }) => {
  const { rows, total } = await readRepositories(context.db, { limit: most })
  return { status: 200, body: { repositories: rows, total } }
})
