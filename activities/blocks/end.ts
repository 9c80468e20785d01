/** A run of bytes on a disk. Both numbers are bytes. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

/** What an end knows about a run without reading it: `zero` = reads as zeros; `hole` = takes no room. */
export interface StatusExtent extends Extent {
  readonly hole: boolean
  readonly zero: boolean
}

export type Side = 'source' | 'target'

/**
 * One end of a copy: a disk that can be read. Every operation rejects with an `EndError` (or with the
 * signal's reason), and never hangs once the end is lost. Many operations may be in flight at once.
 */
export interface End extends AsyncDisposable {
  readonly sizeBytes: number
  readonly readOnly: boolean
  /** For messages: where this end is, without secrets. */
  readonly describe: string
  /** Bytes seen on the wire so far, both ways: a slow answer is told from a stalled one by this number. */
  readonly bytesMoved?: () => number
  /** Resolves with exactly `length` bytes. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>
  /** As `read`, into the caller's buffer. After a rejection the buffer may still be written to: drop it. */
  readonly readInto?: (offset: number, into: Buffer, signal?: AbortSignal) => Promise<void>
  /** Sorted, gapless and exactly covering the range; ends that know nothing answer one data extent. */
  status(offset: number, length: number, signal?: AbortSignal): Promise<StatusExtent[]>
}

export interface WritableEnd extends End {
  /** Resolves when the end has taken the bytes (not yet durable); until then `data` belongs to the end. */
  write(offset: number, data: Buffer, signal?: AbortSignal): Promise<void>
  /** Makes the range read as zeros, whatever was there before. */
  zero(offset: number, length: number, signal?: AbortSignal): Promise<void>
  /** Resolves when every write and zero that resolved before this call is durable. */
  flush(signal?: AbortSignal): Promise<void>
}
