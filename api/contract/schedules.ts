import { z } from 'zod'
import { ClockTime } from '../../domain/flow.js'
import { Schedule, ScheduleExecution } from '../../domain/schedule.js'
import { Description, IdParams, Name, operation, PageFields, Paging } from './operation.js'

const Cron = z.string().trim().min(1).max(128)
const Timezone = z.string().trim().min(1).max(64)
const Jitter = z.int().min(0).max(3600)

export const ScheduleRequest = z.strictObject({
  name: Name,
  description: Description.nullable().default(null),
  /** minute hour day-of-month month day-of-week */
  cron_expression: Cron,
  timezone: Timezone.default('UTC'),
  jitter_seconds: Jitter.default(0),
  enabled: z.boolean().default(true),
  /** Taken and not believed: the caller's own name is recorded. */
  created_by: z.string().max(255).optional(),
})
export type ScheduleRequest = z.input<typeof ScheduleRequest>

/** PUT changes what is given and leaves the rest; every flow that shares it follows. */
export const ScheduleChange = z
  .strictObject({
    name: Name,
    description: Description.nullable(),
    cron_expression: Cron,
    timezone: Timezone,
    jitter_seconds: Jitter,
    enabled: z.boolean(),
  })
  .partial()
export type ScheduleChange = z.input<typeof ScheduleChange>

/** `next_run`: the next due time, also of a disabled one. `in_words`: the cron expression for people. */
export const ScheduleView = Schedule.extend({
  flows: z.int(),
  next_run: z.iso.datetime().nullable(),
  in_words: z.string(),
})
export type ScheduleView = z.infer<typeof ScheduleView>

export const ScheduleList = z.object({ schedules: z.array(ScheduleView), ...PageFields })
export type ScheduleList = z.infer<typeof ScheduleList>

export const SchedulePreviewRequest = z.strictObject({
  cron_expression: Cron,
  timezone: Timezone.default('UTC'),
})
export type SchedulePreviewRequest = z.input<typeof SchedulePreviewRequest>

/** The next ten due times, with the zone's own clock beside UTC so that a change to summer time can be seen. */
export const SchedulePreview = z.object({
  in_words: z.string(),
  runs: z.array(
    z.object({
      at: z.iso.datetime(),
      /** `2026-03-29 03:30` */
      local: z.string(),
      /** `+02:00` */
      offset: z.string(),
    }),
  ),
  /** What to know about it: a clock change among the runs, times that do not exist or come twice. */
  notes: z.array(z.string()),
})
export type SchedulePreview = z.infer<typeof SchedulePreview>

export const ScheduleExecutionView = ScheduleExecution.extend({
  flow_name: z.string(),
  execution_id: z.string().nullable(),
})
export type ScheduleExecutionView = z.infer<typeof ScheduleExecutionView>

export const ScheduleExecutionList = z.object({
  schedule_executions: z.array(ScheduleExecutionView),
  ...PageFields,
})
export type ScheduleExecutionList = z.infer<typeof ScheduleExecutionList>

const tag = 'schedules'

export const listSchedules = operation({
  name: 'listSchedules',
  method: 'GET',
  path: '/schedules',
  summary: 'Schedules, newest first',
  tag,
  role: 'viewer',
  query: Paging,
  responses: { 200: ScheduleList },
})

export const createSchedule = operation({
  name: 'createSchedule',
  method: 'POST',
  path: '/schedules',
  summary: 'Makes a schedule; 422 for an expression that never fires',
  tag,
  role: 'operator',
  body: ScheduleRequest,
  responses: { 201: ScheduleView },
})

export const previewSchedule = operation({
  name: 'previewSchedule',
  method: 'POST',
  path: '/schedules/preview',
  summary: 'The next ten runs of an expression that is not saved yet',
  tag,
  role: 'viewer',
  body: SchedulePreviewRequest,
  responses: { 200: SchedulePreview },
})

export const getSchedule = operation({
  name: 'getSchedule',
  method: 'GET',
  path: '/schedules/{id}',
  summary: 'One schedule',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: ScheduleView },
})

export const updateSchedule = operation({
  name: 'updateSchedule',
  method: 'PUT',
  path: '/schedules/{id}',
  summary: 'Changes what is given, for all flows that share it',
  tag,
  role: 'operator',
  params: IdParams,
  body: ScheduleChange,
  responses: { 200: ScheduleView },
})

export const deleteSchedule = operation({
  name: 'deleteSchedule',
  method: 'DELETE',
  path: '/schedules/{id}',
  summary: 'Removes a schedule that no flow uses',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 204: null },
})

/** Hours in which a flow that has this schedule may run; both, or neither. */
export const PreviewHours = z.object({
  window_start: ClockTime.optional(),
  window_end: ClockTime.optional(),
})

export const previewSavedSchedule = operation({
  name: 'previewSavedSchedule',
  method: 'GET',
  path: '/schedules/{id}/preview',
  summary: 'The next ten due times; with a window the next ten runs of a flow that has it',
  tag,
  role: 'viewer',
  params: IdParams,
  query: PreviewHours,
  responses: { 200: SchedulePreview },
})

export const listScheduleExecutions = operation({
  name: 'listScheduleExecutions',
  method: 'GET',
  path: '/schedules/{id}/executions',
  summary: 'What became of each due time: started, queued, skipped, missed, and why',
  tag,
  role: 'viewer',
  params: IdParams,
  query: Paging,
  responses: { 200: ScheduleExecutionList },
})
