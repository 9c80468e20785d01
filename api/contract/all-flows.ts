import { z } from 'zod'
import { Description, Id, operation } from './operation.js'

/** What is asked of many flows at once. */
export const BulkRequest = z.strictObject({ ids: z.array(Id).min(1).max(500) })
export type BulkRequest = z.input<typeof BulkRequest>

export const BulkAnswer = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      ok: z.boolean(),
      code: z.string().nullable(),
      error: z.string().nullable(),
    }),
  ),
  succeeded: z.int(),
  failed: z.int(),
})
export type BulkAnswer = z.infer<typeof BulkAnswer>

export const AllPaused = z.object({ since: z.iso.datetime(), by: z.string(), reason: z.string().nullable() })
export type AllPaused = z.infer<typeof AllPaused>

export const PauseAllRequest = z
  .strictObject({ reason: Description.trim().max(500).nullable().default(null) })
  .default({ reason: null })
export type PauseAllRequest = z.input<typeof PauseAllRequest>

/** Executions that were asked to pause or to go on, and those that could not, with why. */
export const PauseAllAnswer = z.object({
  all_paused: AllPaused.nullable(),
  executions: z.int(),
  refused: z.array(z.object({ execution_id: z.string(), error: z.string() })),
})
export type PauseAllAnswer = z.infer<typeof PauseAllAnswer>

const tag = 'protection-flows'

const bulk = (name: string, path: string, summary: string) =>
  operation({
    name,
    method: 'POST',
    path: `/protection-flows/${path}`,
    summary,
    tag,
    role: 'operator',
    body: BulkRequest,
    responses: { 200: BulkAnswer },
  })

export const bulkEnableFlows = bulk('bulkEnableFlows', 'bulk-enable', 'Enables many flows; a result for each')
export const bulkDisableFlows = bulk(
  'bulkDisableFlows',
  'bulk-disable',
  'Disables many flows; a result for each',
)
export const bulkDeleteFlows = bulk('bulkDeleteFlows', 'bulk-delete', 'Deletes many flows; a result for each')

export const pauseAllFlows = operation({
  name: 'pauseAllFlows',
  method: 'POST',
  path: '/protection-flows/pause-all',
  summary: 'Schedules start nothing any more and running executions pause, until resume-all',
  tag,
  role: 'operator',
  body: PauseAllRequest,
  responses: { 200: PauseAllAnswer },
})

export const resumeAllFlows = operation({
  name: 'resumeAllFlows',
  method: 'POST',
  path: '/protection-flows/resume-all',
  summary: 'Schedules start runs again, and executions that pause-all paused go on',
  tag,
  role: 'operator',
  responses: { 200: PauseAllAnswer },
})
