import { parseCron } from '../../../domain/rules/cron.js'
import { reachesWindow } from '../../../domain/rules/backup-window.js'
import type { Schedule } from '../../../domain/schedule.js'
import { isDuplicate } from '../../../drizzle/errors.js'
import type { Db } from '../../../drizzle/open.js'
import { lockTarget } from '../../../drizzle/queries/flow-changes.js'
import type { FlowDefinition } from '../../../drizzle/queries/flow-changes.js'
import { policyById } from '../../../drizzle/queries/policies.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import { ApiProblem, unprocessable } from '../../problem.js'

/** What its own fields forbid, whatever exists. Throws 422. */
export function checkMeaning(flow: FlowDefinition): void {
  if (flow.flow_type === 'replication') throw notYet()
  if (flow.destination_type !== null)
    throw unprocessable('destination_type', 'belongs to replications; a backup goes to a repository')
  if (flow.destination_config !== null)
    throw unprocessable('destination_config', 'belongs to replications; a backup goes to a repository')
  if (flow.repository_id === null)
    throw unprocessable('repository_id', 'must name the repository that the backups go to')
  if (flow.window_start === null && flow.window_end !== null)
    throw unprocessable('window_start', 'must be given together with window_end')
  if (flow.window_end === null && flow.window_start !== null)
    throw unprocessable('window_end', 'must be given together with window_start')
  if (flow.window_start !== null && flow.window_start === flow.window_end)
    throw unprocessable(
      'window_end',
      'must differ from window_start; leave both out where every hour is allowed',
    )
}

const notYet = (): ApiProblem =>
  new ApiProblem(422, 'not-available', 'Replication flows are not available yet', {
    errors: [{ path: 'body.flow_type', message: 'replication is not available yet' }],
    remedy: 'Make a flow of the type backup.',
  })

type Reference = 'target_id' | 'repository_id' | 'policy_id' | 'schedule_id' | 'window_start'

/** Those ids that are new, or all: what an older one names may have been switched off since. Throws 422, or 409. */
export async function checkReferences(
  tx: Db,
  flow: FlowDefinition,
  schedule: Schedule | null,
  isNew: (field: Reference) => boolean,
): Promise<void> {
  if (isNew('target_id') && !(await lockTarget(tx, flow)))
    throw unprocessable(
      'target_id',
      `names no ${flow.target_type === 'vm' ? 'VM under protection' : 'group'}`,
    )
  if (isNew('repository_id')) await checkRepository(tx, flow.repository_id)
  const { policy_id: policyId } = flow
  if (isNew('policy_id') && policyId !== null && (await policyById(tx, policyId)) === undefined)
    throw unprocessable('policy_id', 'names no policy')
  if (isNew('schedule_id') && flow.schedule_id !== null && schedule === null)
    throw unprocessable('schedule_id', 'names no schedule')
  if (isNew('schedule_id') || isNew('window_start')) checkWindow(flow, schedule)
}

async function checkRepository(tx: Db, id: number | null): Promise<void> {
  const repository = id === null ? undefined : await repositoryById(tx, id)
  if (repository === undefined) throw unprocessable('repository_id', 'names no repository')
  if (!repository.enabled)
    throw new ApiProblem(409, 'conflict', `Repository ${repository.name} is switched off`, {
      errors: [{ path: 'body.repository_id', message: 'is switched off' }],
      remedy: 'Choose another repository.',
    })
}

function checkWindow(flow: FlowDefinition, schedule: Schedule | null): void {
  const cron = schedule && parseCron(schedule.cron_expression).cron
  if (schedule === null || cron === null || reachesWindow(cron, flow)) return
  throw unprocessable(
    'window_start',
    `opens a window that no due time of schedule ${schedule.name} (${schedule.cron_expression}) falls into: it would never run`,
    'Widen the window, or choose another schedule.',
  )
}

/** The name's own sentence for what the database's unique key refuses. */
export function nameTaken(error: unknown, name: string): unknown {
  if (!isDuplicate(error)) return error
  return new ApiProblem(409, 'conflict', `There is a flow named ${name} already`, {
    errors: [{ path: 'body.name', message: 'is taken' }],
    remedy: 'Choose another name.',
  })
}
