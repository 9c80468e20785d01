import type { TransferLimitsRequest } from '../../../api/contract/transfer-limits.js'
import type {
  TransferHours,
  TransferLimit,
  TransferLimits,
  Weekday,
} from '../../../domain/transfer-limits.js'
import { bytesPerSecondOf, mebibytesOf } from './mebibytes.js'

export type HoursKind = 'rate' | 'unlimited' | 'stopped'

/** Hours of the week as the form holds them; `rate`, in MiB/s, counts only where the kind says so. */
export interface HoursDraft {
  readonly days: readonly Weekday[]
  readonly from: string
  readonly to: string
  readonly kind: HoursKind
  readonly rate: string
}

/** A limit as the form holds it, in MiB/s; empty: none. Without hours there is no calendar. */
export interface LimitDraft {
  readonly rate: string
  /** Empty until the first hours are added. */
  readonly timezone: string
  readonly hours: readonly HoursDraft[]
}

export interface PlatformDraft extends LimitDraft {
  readonly connections: string
}

export interface LimitsDraft {
  readonly process: LimitDraft
  readonly copy: LimitDraft
  /** By the platform's id; one that is not here has no limits. */
  readonly platforms: Readonly<Record<string, PlatformDraft>>
}

export const noPlatformLimits: PlatformDraft = { rate: '', timezone: '', hours: [], connections: '' }

/** The most hours that a calendar of the contract holds. */
export const mostHours = 50

const hoursDraftOf = ({ bytes_per_second: rate, ...hours }: TransferHours): HoursDraft => ({
  ...hours,
  kind: typeof rate === 'number' ? 'rate' : rate,
  rate: typeof rate === 'number' ? mebibytesOf(rate) : '',
})

const limitDraftOf = ({ bytes_per_second: rate, calendar }: TransferLimit): LimitDraft => ({
  rate: mebibytesOf(rate),
  timezone: calendar?.timezone ?? '',
  hours: (calendar?.entries ?? []).map(hoursDraftOf),
})

export const limitsDraftOf = ({ process, copy, platforms }: TransferLimits): LimitsDraft => ({
  process: limitDraftOf(process),
  copy: limitDraftOf(copy),
  platforms: Object.fromEntries(
    platforms.map(({ platform_id: id, max_connections: most, ...limit }) => [
      id,
      { ...limitDraftOf(limit), connections: most === null ? '' : String(most) },
    ]),
  ),
})

const limitOf = ({ rate, timezone, hours }: LimitDraft): TransferLimit => ({
  bytes_per_second: bytesPerSecondOf(rate),
  calendar:
    hours.length === 0
      ? null
      : {
          timezone,
          entries: hours.map(({ days, from, to, kind, rate: mebibytes }) => ({
            days: [...days],
            from,
            to,
            // Hours need a rate, so an empty field is as wrong as a word.
            bytes_per_second: kind === 'rate' ? (bytesPerSecondOf(mebibytes) ?? Number.NaN) : kind,
          })),
        },
})

const connectionsOf = (text: string): number | null => {
  const written = text.trim()
  if (written === '') return null
  return /^\d+$/.test(written) ? Number(written) : Number.NaN
}

const isLimited = ({ rate, hours, connections }: PlatformDraft): boolean =>
  rate.trim() !== '' || hours.length > 0 || connections.trim() !== ''

/** What the form says, as the API takes it; NaN where a field holds no number. */
export const limitsRequestOf = (draft: LimitsDraft): TransferLimitsRequest => ({
  process: limitOf(draft.process),
  copy: limitOf(draft.copy),
  platforms: Object.entries(draft.platforms)
    .filter(([, limit]) => isLimited(limit))
    .map(([id, limit]) => ({
      ...limitOf(limit),
      platform_id: id,
      max_connections: connectionsOf(limit.connections),
    })),
})

/** Whether two drafts hold the same; a platform without limits is as good as none, whatever the order. */
export const isSameDraft = (one: LimitsDraft, other: LimitsDraft): boolean => textOf(one) === textOf(other)

const textOf = ({ process, copy, platforms }: LimitsDraft): string =>
  JSON.stringify([
    ...[process, copy].map(partsOf),
    Object.entries(platforms)
      .filter(([, limit]) => isLimited(limit))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, limit]) => [id, limit.connections, partsOf(limit)]),
  ])

// The zone of a calendar without hours says nothing.
const partsOf = ({ rate, timezone, hours }: LimitDraft) => [
  rate,
  hours.length === 0 ? '' : timezone,
  hours.map((each) => [each.days, each.from, each.to, each.kind, each.kind === 'rate' ? each.rate : '']),
]
