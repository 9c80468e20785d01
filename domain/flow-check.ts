import { z } from 'zod'

/** One thing that a dry run of a flow looked at, worded for an operator. */
export const FlowCheck = z.object({
  name: z.string(),
  severity: z.enum(['ok', 'warning', 'error']),
  detail: z.string(),
  remedy: z.string().nullable(),
})
export type FlowCheck = z.infer<typeof FlowCheck>
