import type { Client } from '@temporalio/client'
import { Failure } from '../../../domain/failure.js'
import type { Backup } from '../../../domain/backup.js'
import {
  showInFlow,
  underExecutionLock,
  updateExecution,
} from '../../../drizzle/queries/execution-changes.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { openBackupStatuses } from '../../../drizzle/queries/backups.js'
import { backupsByIds } from '../../../drizzle/queries/execution-backups.js'
import { itemsOf } from '../../../drizzle/queries/execution-items.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'

type Needs = Pick<ExecutionDependencies, 'db'> & { readonly client: Client }

/** Safe to run twice: only an execution that runs is paused. From here no VM of it is begun. */
export const markExecutionPaused =
  ({ db }: Pick<Needs, 'db'>): ControlSteps['markExecutionPaused'] =>
  async ({ executionId, reason }) => {
    await underExecutionLock(db, executionId, async (tx, { execution }) => {
      const paused = { status: 'paused', pause_reason: reason } as const
      if (await updateExecution(tx, executionId, paused, ['running', 'paused']))
        await showInFlow(tx, execution.flow_id, { last_execution_status: 'paused' })
    })
  }

/** Safe to run twice: only an execution that is paused runs on. */
export const markExecutionResumed =
  ({ db }: Pick<Needs, 'db'>): ControlSteps['markExecutionResumed'] =>
  async ({ executionId }) => {
    await underExecutionLock(db, executionId, async (tx, { execution }) => {
      const running = { status: 'running', pause_reason: null } as const
      if (await updateExecution(tx, executionId, running, ['running', 'paused']))
        await showInFlow(tx, execution.flow_id, { last_execution_status: 'running' })
    })
  }

/**
 * Safe to run twice: a backup that is paused already is left so. One that waits for room runs on by itself when it has
 * it, and is asked then: until it is paused like the others this is not done.
 */
export const pauseBackups =
  ({ db, client }: Needs): ControlSteps['pauseBackups'] =>
  async ({ executionId }) => {
    const answers = await askEach(await workedOn(db, executionId), async ({ id, backup }) => {
      if (backup === undefined) return `${id} has not begun yet`
      if (!isOpen(backup)) return 'done'
      // Somebody may have resumed it while we went from one to the next.
      if ((await executionById(db, executionId))?.status !== 'paused') return 'done'
      if (backup.status === 'paused')
        return backup.pause_reason === null ? 'done' : `${id} waits for room in its repository`
      // Paused, or about to be, for a reason that its row has not told yet: that may be room.
      return await ask(client, backup, 'pause', ['preparing', 'pausing', 'paused', 'resuming'])
    })
    return { paused: doneOrAgain(answers, 'paused') }
  }

/** Safe to run twice: a backup that runs already is left so. */
export const resumeBackups =
  ({ db, client }: Needs): ControlSteps['resumeBackups'] =>
  async ({ executionId }) => {
    const answers = await askEach(await workedOn(db, executionId), async ({ backup }) => {
      // One that waits for room goes on by itself when it has it.
      if (backup?.status !== 'paused' || backup.pause_reason !== null) return 'done'
      if ((await executionById(db, executionId))?.status !== 'running') return 'done'
      return await ask(client, backup, 'resume', ['pausing'])
    })
    return { resumed: doneOrAgain(answers, 'resumed') }
  }

/** `done`, or why it must be asked again. */
type Answer = string

const atOnce = 8
const takenWithinMs = 10_000

/** `backup` is undefined until its run has made its row. */
interface WorkedOn {
  readonly id: string
  readonly backup: Backup | undefined
}

async function workedOn(db: Needs['db'], executionId: string): Promise<WorkedOn[]> {
  const ids = (await itemsOf(db, executionId, ['running'])).flatMap(({ backup_id: id }) => id ?? [])
  const backups = await backupsByIds(db, ids)
  return ids.map((id) => ({ id, backup: backups.get(id) }))
}

const isOpen = ({ status }: Backup): boolean => openBackupStatuses.some((open) => open === status)

async function askEach(
  backups: readonly WorkedOn[],
  work: (backup: WorkedOn) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let at = 0; at < backups.length; at += atOnce)
    answers.push(...(await Promise.all(backups.slice(at, at + atOnce).map(work))))
  return answers
}

/** Sends the Update; `later`: stages whose refusal means that it can be asked in a while. */
async function ask(
  client: Client,
  backup: Backup,
  action: 'pause' | 'resume',
  later: readonly string[],
): Promise<Answer> {
  try {
    const handle = client.workflow.getHandle(backup.workflow_id, undefined, {
      ...(backup.run_id !== null && { firstExecutionRunId: backup.run_id }),
    })
    await client.withDeadline(Date.now() + takenWithinMs, () =>
      handle.startUpdate<void, []>(action, { waitForStage: 'ACCEPTED' }),
    )
    return 'done'
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal !== null) return later.includes(refusal.stage) ? refusal.message : 'done'
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'done'
    return `${backup.id} did not answer`
  }
}

/** The backup's own answer: which stage does not allow it. */
function refusalIn(error: unknown): { readonly stage: string; readonly message: string } | null {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (link.name !== 'ApplicationFailure') continue
    const [detail] = (link as Error & { details?: readonly unknown[] }).details ?? []
    const stage = (detail as { facts?: { stage?: unknown } } | undefined)?.facts?.stage
    return { stage: typeof stage === 'string' ? stage : '', message: link.message }
  }
  return null
}

function doneOrAgain(answers: readonly Answer[], what: string): number {
  const left = answers.filter((answer) => answer !== 'done')
  if (left.length === 0) return answers.length
  throw new Failure(
    'vm-busy',
    `${left.length} of ${answers.length} backups are not ${what} yet: ${left[0] ?? ''}`,
    {
      retry: true,
      remedy: 'They are asked again by themselves.',
    },
  )
}
