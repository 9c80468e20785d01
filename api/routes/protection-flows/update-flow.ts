import type { Flow } from '../../../domain/flow.js'
import { changeFlow } from '../../../drizzle/queries/flow-changes.js'
import type { FlowDefinition } from '../../../drizzle/queries/flow-changes.js'
import { updateFlow } from '../../contract/protection-flows.js'
import type { BodyOf } from '../../contract/operation.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { toFlowResponse } from '../../views/flow.js'
import { unprocessable } from '../../problem.js'
import { checkMeaning, checkReferences, nameTaken } from './check-flow.js'
import { findFlow } from './find-flow.js'
import { tellOfChanges } from './tell-of-change.js'

export const updateFlowRoute = route(updateFlow, async ({ context, params, body }) => {
  const change = given(body)
  const outcome = await changeFlow(
    context.db,
    { id: params.id, schedule_id: change.schedule_id },
    new Date(),
    async (tx, flow, scheduleOf) => {
      const next: Flow = { ...flow, ...change }
      if (next.flow_type !== flow.flow_type && next.flow_type !== 'replication')
        throw unprocessable('flow_type', 'stays what it is; make another flow')
      checkMeaning(next)
      const differs = (field: keyof FlowDefinition): boolean => next[field] !== flow[field]
      const schedule = await scheduleOf(next.schedule_id)
      await checkReferences(tx, next, schedule, (field) => differs(field) || isWith(field, differs))
      return change
    },
  ).catch((error: unknown) => {
    throw nameTaken(error, body.name ?? '')
  })
  if (outcome === null) throw notFound('flow', params.id)
  await tellOfChanges(context, [{ flowId: params.id, ...outcome }])
  return { status: 200, body: toFlowResponse(await findFlow(context.db, params.id)) }
})

/** An id means something else with another type; a window has two ends. */
const isWith = (field: string, differs: (field: keyof FlowDefinition) => boolean): boolean =>
  (field === 'target_id' && differs('target_type')) || (field === 'window_start' && differs('window_end'))

/** What the body names, and nothing else: an absent field is no change. */
const given = (body: BodyOf<typeof updateFlow>): Partial<FlowDefinition> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
