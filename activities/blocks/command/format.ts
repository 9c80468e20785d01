const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `512 bytes`, `1.5 GiB`: three digits, cut and not rounded up, so that nothing looks more than it is. */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${cut(value, digits)} ${units[unit]}`
}

/** `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export const formatSeconds = (seconds: number): string => {
  if (seconds < 10) return `${cut(seconds, 1)} s`
  const all = Math.round(seconds)
  if (all < 60) return `${all} s`
  if (all < 3600) return `${Math.floor(all / 60)} min ${all % 60} s`
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`
}

/** Whole percent; 100 only when all is done. */
export const formatPercent = (done: number, total: number): string =>
  `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`

/** `1 range`, `2 ranges`. */
export const formatCount = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`

const cut = (value: number, digits: number): string =>
  String(Math.floor(value * 10 ** digits + 1e-9) / 10 ** digits)
