const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Bytes in binary units, three significant digits: `1.50 GiB`. */
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  // 1023.5 would print as "1024": step up before rounding does it.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${units[unit]}`
}

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`

/** Whole seconds as `< 1 s`, `45 s`, `3 min 05 s` or `2 h 07 min`. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  if (whole === 0 && seconds > 0) return '< 1 s'
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`
}

/** Seconds between two ISO times; up to `now` (milliseconds) while there is no end. */
export const secondsBetween = (start: string, end: string | null | undefined, now: number): number =>
  Math.max(0, ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000)

/** An ISO time in the reader's zone: `2026-11-21 14:05:09`. */
export const formatTime = (iso: string): string => {
  const time = new Date(iso)
  const date = [time.getFullYear(), twoDigits(time.getMonth() + 1), twoDigits(time.getDate())].join('-')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
  return `${date} ${clock}`
}

/** The reader's distance from UTC at an ISO time, as summer time has it then. */
export const zoneOffset = (iso: string): string => offsetText(-new Date(iso).getTimezoneOffset())

/** Minutes east of UTC as `UTC`, `UTC+1`, `UTC-3:30`. */
export const offsetText = (minutes: number): string => {
  if (minutes === 0) return 'UTC'
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${twoDigits(rest)}`}`
}

/** The reader's zone by name: `Europe/Berlin`. */
export const zoneName = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** MiB as platforms give memory: `4 GiB`, `512 MiB`. */
export const formatMemory = (mebibytes: number): string =>
  mebibytes >= 1024 ? `${Number((mebibytes / 1024).toFixed(1))} GiB` : `${mebibytes} MiB`

export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

const threeDigits = (value: number): string =>
  value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
const twoDigits = (value: number): string => String(value).padStart(2, '0')
