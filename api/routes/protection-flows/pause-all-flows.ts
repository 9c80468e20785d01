import type { Execution } from '../../../domain/execution.js'
import { readAllPaused, writeAllPaused } from '../../../drizzle/queries/all-paused.js'
import { namedExecutions, openExecutions } from '../../../drizzle/queries/execution-lists.js'
import type { flowUpdates } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import { pauseAllFlows, resumeAllFlows } from '../../contract/all-flows.js'
import type { PauseAllAnswer } from '../../contract/all-flows.js'
import { toApiProblem } from '../../errors.js'
import { route } from '../../route.js'
import { askRun } from '../executions/change-execution.js'

const atOnce = 10
// The answer need not wait for each run to stand still: what it has taken is durable.
const settledWithinMs = 500

/** First the setting, which keeps schedules from starting anything more; then what runs. May be said twice. */
export const pauseAllFlowsRoute = route(pauseAllFlows, async ({ context, body, caller }) => {
  const { db } = context
  const before = await readAllPaused(db)
  const paused = {
    since: before?.since ?? new Date().toISOString(),
    by: before?.by ?? caller.user.username,
    reason: body.reason ?? before?.reason ?? null,
    executions: before?.executions ?? [],
  }
  await writeAllPaused(db, paused)
  const running = (await openExecutions(db))
    .map(({ execution }) => execution)
    .filter((execution) => execution.status === 'running')
  // Remembered before they are asked: one that was paused and forgotten would never go on.
  const executions = [...new Set([...paused.executions, ...running.map((execution) => execution.id)])]
  await writeAllPaused(db, { ...paused, executions })
  const { away, ...answer } = await askEach(context, running, 'pause')
  // One whose answer did not come may be paused yet, and goes on with the others.
  const stays = (id: string): boolean =>
    away.includes(id) || !answer.refused.some((one) => one.execution_id === id)
  await writeAllPaused(db, { ...paused, executions: executions.filter(stays) })
  return told(context, { ...answer, all_paused: paused })
})

/** Executions that somebody paused by themselves stay as they are. */
export const resumeAllFlowsRoute = route(resumeAllFlows, async ({ context }) => {
  const { db } = context
  const paused = await readAllPaused(db)
  const executions = (await namedExecutions(db, paused?.executions ?? []))
    .map(({ execution }) => execution)
    .filter((execution) => execution.status === 'paused' || execution.status === 'running')
  const { away, ...answer } = await askEach(context, executions, 'resume')
  // What could not be asked would stay paused for ever: it is asked again with the next resume.
  const remaining = paused !== null && away.length > 0 ? { ...paused, executions: away } : null
  await writeAllPaused(db, remaining)
  return told(context, { ...answer, all_paused: remaining })
})

function told(context: ApiContext, body: PauseAllAnswer): { status: 200; body: PauseAllAnswer } {
  context.hub.publish('flows', { id: null })
  return { status: 200, body }
}

async function askEach(
  context: ApiContext,
  executions: readonly Execution[],
  action: keyof typeof flowUpdates,
): Promise<Omit<PauseAllAnswer, 'all_paused'> & { readonly away: readonly string[] }> {
  const refused: PauseAllAnswer['refused'] = []
  const away: string[] = []
  for (let from = 0; from < executions.length; from += atOnce) {
    const batch = executions.slice(from, from + atOnce)
    const awayBefore = away.length
    await Promise.all(
      batch.map((execution) =>
        askRun(context, execution, action, settledWithinMs).catch((error: unknown) => {
          const problem = toApiProblem(error)
          if (problem.status >= 500) away.push(execution.id)
          refused.push({ execution_id: execution.id, error: problem.message })
        }),
      ),
    )
    if (away.length - awayBefore < batch.length) continue
    // Each batch waits its time: nobody's request hangs for hundreds that all fail alike.
    for (const { id } of executions.slice(from + atOnce)) {
      away.push(id)
      refused.push({
        execution_id: id,
        error: `It was not asked to ${action}: ${refused.at(-1)?.error ?? ''}`,
      })
    }
    break
  }
  return { executions: executions.length - refused.length, refused, away }
}
