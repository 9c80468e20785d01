/** What a request asks of a disk of `sizeBytes`: all of it, one run of bytes, or something that is not there. */
export type ByteRange =
  | { readonly kind: 'whole'; readonly start: 0; readonly end: number }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * Reads a `Range` header (RFC 9110 §14). `end` is exclusive. A header that is malformed, in another unit or asks for
 * several runs is ignored, as the RFC allows: the whole disk is answered.
 */
export const byteRange = (header: string | undefined, sizeBytes: number): ByteRange => {
  const whole = { kind: 'whole', start: 0, end: sizeBytes } as const
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '')
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? '']
  if (first === '' && last === '') return whole
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes)
    return length === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', start: sizeBytes - length, end: sizeBytes }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (last !== '' && Number(last) < start) return whole
  return start >= sizeBytes ? { kind: 'unsatisfiable' } : { kind: 'part', start, end }
}
