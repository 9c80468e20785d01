import type { Extent, Side, WritableEnd } from '../end.js'
import type { Places } from '../places.js'

export interface NbdOptions {
  readonly exportName?: string
  /** Connections to open where the server allows several (multi-conn); else one. */
  readonly connections?: number
  /** Requests in flight on each connection. */
  readonly depth?: number
  readonly side: Side
  readonly signal?: AbortSignal
  readonly handshakeMs?: number
  /** How long dispose waits for replies to requests in flight. */
  readonly drainMs?: number
  /** Meta contexts to ask about besides `base:allocation`; opening fails where the server lacks one. */
  readonly contexts?: readonly string[]
  /** Each connection holds a place until it is closed: the first one waits, others are opened where one is free. */
  readonly places?: Places
}

/** A run of a meta context: what the flags mean is the context's own affair. */
export interface ContextExtent extends Extent {
  readonly flags: number
}

/** What the server says about its export. */
export interface NbdFlags {
  readonly readOnly: boolean
  readonly canFlush: boolean
  readonly canZero: boolean
  readonly canFastZero: boolean
  readonly canTrim: boolean
  readonly canMultiConn: boolean
  readonly canFua: boolean
  readonly rotational: boolean
}

export interface NbdEnd extends WritableEnd, NbdFlags {
  readonly connections: number
  readonly hasBlockStatus: boolean
  /** How replies come, best last. */
  readonly replies: 'simple' | 'structured' | 'extended'
  /** Of the TLS connection; undefined in plain text. */
  readonly cipher: string | undefined
  readonly minBlockBytes: number
  readonly preferredBlockBytes: number
  readonly maxBlockBytes: number
  readInto(offset: number, into: Buffer, signal?: AbortSignal): Promise<void>
  /** Sorted, gapless and exactly covering the range; only for contexts named when the end was opened. */
  contextStatus(name: string, offset: number, length: number, signal?: AbortSignal): Promise<ContextExtent[]>
  bytesMoved(): number
}
