import { FlowSettings } from '../../../domain/flow.js'
import { cloneFlow } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { makeFlow } from './create-flow.js'
import { findFlow } from './find-flow.js'

/** What people have decided about the flow, under another name; it rings only when somebody enables it. */
export const cloneFlowRoute = route(cloneFlow, async ({ context, params, body, caller }) => {
  const { flow } = await findFlow(context.db, params.id)
  const { description, flow_type, target_type, target_id, repository_id, policy_id, schedule_id } = flow
  const copy = {
    ...FlowSettings.parse(flow),
    ...{ description, flow_type, target_type, target_id, repository_id, policy_id, schedule_id },
    destination_type: flow.destination_type,
    destination_config: flow.destination_config,
    name: body.name,
    enabled: false,
  }
  return makeFlow(context, copy, caller.user.username)
})
