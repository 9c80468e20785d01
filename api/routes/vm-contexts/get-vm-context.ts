import { listBackups } from '../../../drizzle/queries/backups.js'
import { contextById } from '../../../drizzle/queries/vm-contexts.js'
import { getVmContext } from '../../contract/vm-contexts.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { toBackupJobs } from '../../views/backup-job.js'
import { toVmContextViews } from '../../views/vm-context.js'

const latest = 10

export const getVmContextRoute = route(getVmContext, async ({ context, params }) => {
  const found = await contextById(context.db, params.id)
  const [view] = found === undefined ? [] : await toVmContextViews(context.db, [found])
  if (view === undefined) throw notFound('VM context', params.id)
  const { rows } = await listBackups(context.db, { vm_context_id: params.id }, { limit: latest })
  return { status: 200, body: { ...view, latest_backups: await toBackupJobs(context.db, rows) } }
})
