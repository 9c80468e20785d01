import { z } from 'zod'

const kept = (most: number) => z.int().min(0).max(most)

/** How many good points are kept of each VM in each repository; 0: this measure says nothing. All 0: all are kept. */
export const Retention = z.object({
  /** The newest so many. */
  keep_points: kept(100_000),
  /** Those of the last so many days. */
  keep_days: kept(36_500),
  /** The newest of each of the last so many days, weeks (ISO), months and years that have one, in UTC. */
  keep_daily: kept(3660),
  keep_weekly: kept(1040),
  keep_monthly: kept(600),
  keep_yearly: kept(100),
})
export type Retention = z.infer<typeof Retention>

/** Copies, media, copies elsewhere: stored and shown, not active yet. */
export const ThreeTwoOne = z.strictObject({
  copies: z.int().min(1).max(10),
  media: z.int().min(1).max(10),
  offsite: z.int().min(0).max(10),
})
export type ThreeTwoOne = z.infer<typeof ThreeTwoOne>

/** Copy points to another repository: stored and shown, not active yet. */
export const CopyRule = z.strictObject({
  repository_id: z.int().positive(),
  mode: z.enum(['immediate', 'scheduled', 'manual']),
  priority: z.int().min(0).max(100).default(50),
  verify: z.boolean().default(true),
})
export type CopyRule = z.infer<typeof CopyRule>

/** How long points are kept. */
export const Policy = Retention.extend({
  id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  three_two_one: ThreeTwoOne.nullable(),
  copy_rules: z.array(CopyRule),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type Policy = z.infer<typeof Policy>
