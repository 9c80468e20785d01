import { z } from 'zod'
import { BackupJob } from './backups.js'
import { ExecutionResponse } from './executions.js'
import { operation } from './operation.js'

export const eventTopics = [
  'backups',
  'executions',
  'flows',
  'machine-groups',
  'platforms',
  'policies',
  'repositories',
  'schedules',
  'vm-contexts',
] as const
export const EventTopic = z.enum(eventTopics)
export type EventTopic = z.infer<typeof EventTopic>

/** `event: backups`: the job as it stands now, with its live progress. Sent at each change, at most once a second. */
export const BackupEvent = BackupJob
export type BackupEvent = z.infer<typeof BackupEvent>
/** `event: backups` too, when a backup's record is gone. */
export const BackupGoneEvent = z.object({ id: z.string(), gone: z.literal(true) })
export type BackupGoneEvent = z.infer<typeof BackupGoneEvent>
/** `event: executions`: the run as it stands now. Sent at each change, at most once a second. */
export const ExecutionEvent = ExecutionResponse
export type ExecutionEvent = z.infer<typeof ExecutionEvent>
/** All other topics: something changed, ask again; null where it may be several. */
export const ChangedEvent = z.object({ id: z.string().nullable() })
export type ChangedEvent = z.infer<typeof ChangedEvent>

export const EventQuery = z.object({
  /** Comma-separated topics; default: all. */
  topics: z
    .string()
    .max(200)
    .default(eventTopics.join(','))
    .transform((text) => text.split(',').filter((topic) => topic !== ''))
    .pipe(z.array(EventTopic).min(1)),
})
export type EventQuery = z.input<typeof EventQuery>

export const streamEvents = operation({
  name: 'streamEvents',
  method: 'GET',
  path: '/events',
  summary: 'Server-sent events of all topics in one stream; honours Last-Event-ID',
  tag: 'events',
  role: 'viewer',
  query: EventQuery,
  responses: { 200: null },
  media: 'text/event-stream',
})
