const mebibyte = 2 ** 20

/** Bytes a second as a field of MiB/s holds them, exactly; empty: no limit. */
export const mebibytesOf = (bytesPerSecond: number | null): string =>
  bytesPerSecond === null ? '' : String(bytesPerSecond / mebibyte)

/** Bytes a second of what stands in a field of MiB/s: null where it is empty, NaN where it is no plain number. */
export const bytesPerSecondOf = (text: string): number | null => {
  const written = text.trim()
  if (written === '') return null
  return /^\d+(\.\d+)?$/.test(written) ? Math.round(Number(written) * mebibyte) : Number.NaN
}
