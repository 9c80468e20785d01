import { z } from 'zod'

export const Bottleneck = z.enum(['source', 'digest', 'target'])
export type Bottleneck = z.infer<typeof Bottleneck>

/** One second of a copy: `[unix seconds, bytes per second]`. At most 60 are kept. */
export const ProgressSample = z.tuple([z.number().int(), z.number()])
export type ProgressSample = z.infer<typeof ProgressSample>

/** The latest values of a job that runs; zeros and nulls before its first block. */
export const Progress = z.object({
  bytes_total: z.number(),
  bytes_read: z.number(),
  bytes_stored: z.number(),
  bytes_skipped: z.number(),
  bytes_per_second: z.number(),
  eta_seconds: z.number().nullable(),
  bottleneck: Bottleneck.nullable(),
  samples: z.array(ProgressSample),
})
export type Progress = z.infer<typeof Progress>
