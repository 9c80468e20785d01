import { z } from 'zod'

/** The least that is not `stopped`: one grain a second. */
export const leastBytesPerSecond = 65_536

const BytesPerSecond = z
  .int()
  .min(leastBytesPerSecond, `must be at least ${leastBytesPerSecond} (64 KiB a second)`)
  .max(2 ** 40, 'must be at most 1 TiB a second')

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export const Weekday = z.enum(weekdays)
export type Weekday = z.infer<typeof Weekday>

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like 06:30')

/** Hours of the days they begin on; `to` before `from` ends on the next day, the same time makes 24 hours. */
export const TransferHours = z.strictObject({
  days: z.array(Weekday).min(1, 'must name a day').max(7),
  from: TimeOfDay,
  to: TimeOfDay,
  bytes_per_second: z.union(
    [BytesPerSecond, z.literal('unlimited'), z.literal('stopped')],
    `must be "unlimited", "stopped" or bytes a second, at least ${leastBytesPerSecond}`,
  ),
})
export type TransferHours = z.infer<typeof TransferHours>

/** Of hours that overlap the lowest rate holds. */
export const TransferCalendar = z.strictObject({
  /** IANA name. */
  timezone: z.string().min(1).max(64),
  entries: z.array(TransferHours).min(1, 'must have an entry').max(50),
})
export type TransferCalendar = z.infer<typeof TransferCalendar>

/** `bytes_per_second` holds when no entry of the calendar does; null: no limit. */
export const TransferLimit = z.strictObject({
  bytes_per_second: BytesPerSecond.nullable().default(null),
  calendar: TransferCalendar.nullable().default(null),
})
export type TransferLimit = z.infer<typeof TransferLimit>

/** How fast disks are copied: a copy keeps its own limit, that of its platform and that of its process, all of them. */
export const TransferLimits = z.strictObject({
  /** Each mover process, all its copies together. */
  process: TransferLimit,
  /** Each copy of a disk by itself. */
  copy: TransferLimit,
  /** All copies from one vCenter in one mover process. */
  platforms: z
    .array(
      TransferLimit.extend({
        platform_id: z.string().min(1).max(64),
        /** NBD connections to its disks at a time in one mover process; null: no limit. */
        max_connections: z.int().min(1).max(256).nullable().default(null),
      }),
    )
    .max(200)
    .refine((all) => new Set(all.map((one) => one.platform_id)).size === all.length, {
      message: 'must name a platform once only',
    }),
})
export type TransferLimits = z.infer<typeof TransferLimits>

const none: TransferLimit = { bytes_per_second: null, calendar: null }
export const noTransferLimits: TransferLimits = { process: none, copy: none, platforms: [] }
