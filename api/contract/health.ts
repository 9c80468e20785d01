import { z } from 'zod'
import { operation } from './operation.js'

export const HealthCheck = z.object({ ok: z.boolean(), detail: z.string() })
export type HealthCheck = z.infer<typeof HealthCheck>

export const Health = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.object({ database: HealthCheck, temporal: HealthCheck, workers: HealthCheck }),
})
export type Health = z.infer<typeof Health>

/** 503 carries the same body: it says which of the three is away. */
export const health = operation({
  name: 'health',
  method: 'GET',
  path: '/health',
  summary: 'Whether database, Temporal and workers answer',
  tag: 'health',
  role: 'open',
  responses: { 200: Health, 503: Health },
})
