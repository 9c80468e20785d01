import type { Extent } from '../../activities/blocks/end.js'

/** What a measured process of ours is to do; it gets the path of a file with this as its one argument. */
export interface CopyJob {
  readonly kind: 'copy'
  /** All begin at once, in one process. `source` is an NBD URI, `target` a socket; `files` a folder of its own. */
  readonly copies: readonly { readonly source: string; readonly target: string; readonly files: string }[]
  readonly extents: readonly Extent[]
  readonly digests: boolean
  /** Digest file of what the target lies over; absent for a fresh target. */
  readonly previous?: string
  readonly fresh: boolean
}

export interface ReadJob {
  readonly kind: 'read'
  readonly socketPath: string
  readonly areas: readonly Extent[]
  readonly requestBytes: number
}

/** What it says when it is done: one line of JSON. */
export interface JobResult {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly idleRssBytes: number
  readonly spreadSeconds: number
}

/** Reading is done alike by all who are measured: as many requests at once as a copy of ours has. */
export const readers = { connections: 2, depth: 8 }
