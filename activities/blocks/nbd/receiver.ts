const spillBytes = 65_536

/** Fills one buffer after the other from what comes in. One receiver at a time. */
export interface Receiver {
  /**
   * Calls `filled` once `into` is full; `filled` may ask for the next bytes. Up to `ahead` bytes more may be read
   * with the same system call: they wait for whoever receives next.
   */
  receive(into: Buffer, filled: () => void, ahead?: number): void
  /** The way in without a copy: where the socket shall put its next bytes … */
  nextBuffer(): Buffer
  /** … and how many came. */
  landed(bytes: number): boolean
  /** The way in with one copy: bytes in a buffer of the socket's own. */
  take(bytes: Buffer): void
  /** How many bytes came that nobody has asked for yet. */
  unasked(): number
}

/** `overflow` is called when more comes unasked than a server with manners sends. */
export const createReceiver = (overflow: () => void): Receiver => {
  const spill: Buffer = Buffer.allocUnsafeSlow(spillBytes)
  // Bytes that came and were not received yet: of the spill, or of the buffer that `take` was given.
  let from = spill
  let start = 0
  let end = 0
  let into: Buffer | undefined
  let at = 0
  let readAhead = 0
  let filled = (): void => {}
  let landsInSpill = true
  let isPumping = false

  const pump = (): void => {
    if (isPumping) return
    isPumping = true
    while (into !== undefined) {
      if (at < into.length && start < end) {
        const taken = from.copy(into, at, start, end)
        at += taken
        start += taken
      }
      if (at < into.length) break
      into = undefined
      filled()
    }
    isPumping = false
  }
  const keep = (bytes: Buffer): void => {
    if (start === end) start = end = 0
    if (bytes.length > spill.length - end) return overflow()
    bytes.copy(spill, end)
    end += bytes.length
  }
  return {
    receive(buffer, whenFilled, ahead = 0) {
      into = buffer
      at = 0
      readAhead = ahead
      filled = whenFilled
      pump()
    },
    nextBuffer() {
      // Only here: a slice of the spill that the kernel may still fill must keep its place.
      if (start === end) start = end = 0
      landsInSpill = into === undefined || readAhead > 0
      if (!landsInSpill) return into!.subarray(at)
      if (into !== undefined) return spill.subarray(end, end + into.length - at + readAhead)
      if (end === spill.length) overflow()
      return end === spill.length ? Buffer.alloc(1) : spill.subarray(end)
    },
    landed(bytes) {
      if (landsInSpill) end += bytes
      else at += bytes
      pump()
      return true
    },
    take(bytes) {
      // Older bytes go first; while there are some, nobody was receiving.
      if (start < end) return keep(bytes)
      from = bytes
      start = 0
      end = bytes.length
      pump()
      const rest = bytes.subarray(start, end)
      from = spill
      start = end = 0
      keep(rest)
    },
    unasked: () => end - start,
  }
}
