/** What operators may be told of; `missed`: a due time that nothing ran for. */
export const noticeKinds = ['warning', 'error', 'missed'] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** Something to tell; ids travel, what they name is read when it is sent. */
export type NoticeEvent =
  | {
      /** How an execution ended. */
      readonly kind: 'warning' | 'error'
      readonly flowId: string
      readonly executionId: string
    }
  | {
      readonly kind: 'missed'
      readonly flowId: string
      /** The due time, ISO 8601; the latest of several. */
      readonly nominalTime: string
      /** How many due times this one notice stands for. */
      readonly count: number
      /** One sentence for an operator. */
      readonly reason: string
    }

/** What `notify` came to. */
export interface NoticeResult {
  readonly sent: boolean
  /** Why it gave up; null where it was sent. */
  readonly reason: string | null
}
