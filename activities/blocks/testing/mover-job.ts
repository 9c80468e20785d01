import type { CheckpointInterval } from '../copy-checkpoints.js'
import type { CopyResult } from '../copy-meter.js'
import type { DigestKind } from '../digests.js'
import type { Extent, Side } from '../end.js'

/** One attempt of a copy, as a mover process is asked for it: a JSON file whose path is its argument. */
export interface MoverJob {
  readonly sourceSocket: string
  readonly targetSocket: string
  /** All of the disk when absent. */
  readonly extents?: readonly Extent[]
  readonly kind: DigestKind
  readonly targetKnownZero: boolean
  /** Digest files of what the target lies over, nearest first; none: it lies over nothing. */
  readonly previous?: readonly string[]
  readonly checkpoint: CheckpointInterval
  readonly stallMs: number
  /** Lost ends are opened again for so long; absent: the attempt fails with the first one. */
  readonly reopenMs?: number
  /** The attempt to go on from and this one: `.checkpoint` and `.digests` are added. */
  readonly from?: string | undefined
  readonly to: string
  readonly hold?: Moment
}

/** What a mover can be held at. `claim` is the moment between what is durable and the checkpoint that says so. */
export type Fact = 'read' | 'write' | 'flush' | 'claim' | 'reopen'

export interface Moment {
  readonly on: Fact
  /** Of how many such facts, counted from the start or from the moment before. */
  readonly count: number
  readonly when: 'before' | 'after'
  /** So many more facts pass the one that is held before the mover says that it is. */
  readonly linger: number
}

/** What a mover says, a JSON line each. */
export type MoverLine =
  | { readonly line: 'loaded'; readonly peakBytes: number }
  | { readonly line: 'opened'; readonly cursor: number }
  | ({ readonly line: 'read' } & Extent)
  | { readonly line: 'held' }
  | { readonly line: 'lost'; readonly side: Side }
  | { readonly line: 'reopened'; readonly side: Side }
  | { readonly line: 'done'; readonly result: CopyResult; readonly peakBytes: number }
  | {
      readonly line: 'failed'
      readonly phase: 'open' | 'copy'
      readonly message: string
      readonly retry: boolean
    }

/** The answer to `held`: go on, up to the next moment. */
export interface MoverOrder {
  readonly hold?: Moment
}
