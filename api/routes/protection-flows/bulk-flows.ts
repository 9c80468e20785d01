import type { ApiContext } from '../../context.js'
import { bulkDeleteFlows, bulkDisableFlows, bulkEnableFlows } from '../../contract/all-flows.js'
import type { BulkAnswer } from '../../contract/all-flows.js'
import { toApiProblem } from '../../errors.js'
import { safeError } from '../../log.js'
import { route } from '../../route.js'
import { removeFlow } from './delete-flow.js'
import { switchFlow } from './switch-flow.js'
import { tellOfChanges } from './tell-of-change.js'
import type { FlowChanged } from './tell-of-change.js'

export const bulkEnableFlowsRoute = route(bulkEnableFlows, ({ context, body }) =>
  each(context, body.ids, (id) => switchFlow(context, id, true)),
)

export const bulkDisableFlowsRoute = route(bulkDisableFlows, ({ context, body }) =>
  each(context, body.ids, (id) => switchFlow(context, id, false)),
)

export const bulkDeleteFlowsRoute = route(bulkDeleteFlows, ({ context, body }) =>
  each(context, body.ids, (id) => removeFlow(context, id)),
)

const atOnce = 5

type Outcome = { readonly done: FlowChanged } | { readonly code: string; readonly error: string }

/**
 * A result for each id in the order of the request; one that cannot be done hinders no other. The schedules are told of
 * all together at the end: each flow for itself would wait for a Temporal that is away.
 */
async function each(context: ApiContext, ids: readonly string[], act: (id: string) => Promise<FlowChanged>) {
  const outcomes = new Map<string, Outcome>()
  const unique = [...new Set(ids)]
  for (let from = 0; from < unique.length; from += atOnce)
    await Promise.all(
      unique
        .slice(from, from + atOnce)
        .map(async (id) => outcomes.set(id, await outcomeOf(context, id, act))),
    )
  const done = [...outcomes.values()].flatMap((outcome) => ('done' in outcome ? [outcome.done] : []))
  await tellOfChanges(context, done)
  const results = unique.map((id) => resultOf(id, outcomes.get(id)))
  const succeeded = results.filter((result) => result.ok).map((result) => result.id)
  const failed = results.filter((result) => !result.ok)
  const body: BulkAnswer = { results, succeeded: succeeded.length, failed: failed.length }
  const facts = { succeeded, failed: failed.map(({ id, code }) => ({ id, code })) }
  return { status: 200, body, facts } as const
}

const resultOf = (id: string, outcome: Outcome | undefined): BulkAnswer['results'][number] =>
  outcome === undefined || 'done' in outcome
    ? { id, ok: true, code: null, error: null }
    : { id, ok: false, code: outcome.code, error: outcome.error }

async function outcomeOf(
  context: ApiContext,
  id: string,
  act: (id: string) => Promise<FlowChanged>,
): Promise<Outcome> {
  try {
    return { done: await act(id) }
  } catch (error) {
    const problem = toApiProblem(error)
    if (problem.status >= 500) context.log.error({ flow_id: id, code: problem.code, ...safeError(error) })
    return { code: problem.code, error: problem.message }
  }
}
