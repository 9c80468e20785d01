import { defaultPayloadConverter } from '@temporalio/common'
import type { WorkflowInterceptors } from '@temporalio/workflow'

/** Hands each step's summary to the worker, where the JobLog is written from it. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({
          ...input,
          headers: {
            ...input.headers,
            summary: defaultPayloadConverter.toPayload(input.options.summary ?? ''),
          },
        }),
      scheduleLocalActivity: (input, next) =>
        next({
          ...input,
          headers: {
            ...input.headers,
            summary: defaultPayloadConverter.toPayload(input.options.summary ?? ''),
          },
        }),
    },
  ],
})
