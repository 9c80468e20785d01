import type { ApiContext } from '../../context.js'
import { bulkDeleteFlows, bulkDisableFlows, bulkEnableFlows } from '../../contract/all-flows.js'
import type { BulkAnswer } from '../../contract/all-flows.js'
import { safeError } from '../../log.js'
import { toApiProblem } from '../../errors.js'
import { route } from '../../route.js'
import { removeFlow } from './delete-flow.js'
import { switchFlow } from './switch-flow.js'

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

/** A result for each id in the order of the request; one that cannot be done hinders no other. */
async function each(
  context: ApiContext,
  ids: readonly string[],
  act: (id: string) => Promise<void>,
): Promise<{ status: 200; body: BulkAnswer }> {
  const outcomes = new Map<string, { code: string | null; error: string | null }>()
  const unique = [...new Set(ids)]
  for (let from = 0; from < unique.length; from += atOnce)
    await Promise.all(
      unique
        .slice(from, from + atOnce)
        .map(async (id) => outcomes.set(id, await outcomeOf(context, id, act))),
    )
  const results = unique.map((id) => {
    const { code = null, error = null } = outcomes.get(id) ?? {}
    return { id, ok: error === null, code, error }
  })
  const succeeded = results.filter((result) => result.ok).length
  return { status: 200, body: { results, succeeded, failed: results.length - succeeded } }
}

async function outcomeOf(context: ApiContext, id: string, act: (id: string) => Promise<void>) {
  try {
    await act(id)
    return { code: null, error: null }
  } catch (error) {
    const problem = toApiProblem(error)
    if (problem.status >= 500) context.log.error({ flow_id: id, code: problem.code, ...safeError(error) })
    return { code: problem.code, error: problem.message }
  }
}
