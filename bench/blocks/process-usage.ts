import { readFileSync } from 'node:fs'

// USER_HZ: what /proc counts in, 100 on every Linux that Node runs on.
const ticksPerSecond = 100

/** CPU seconds, user and system, of /proc/<pid>/stat: its own, and of its children that have ended. */
export const parseStat = (text: string): { readonly own: number; readonly ended: number } => {
  // The name stands in brackets and may hold blanks and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = (field: number): number => Number(fields[field - 3])
  return {
    own: (ticks(14) + ticks(15)) / ticksPerSecond,
    ended: (ticks(16) + ticks(17)) / ticksPerSecond,
  }
}

/** Bytes of /proc/<pid>/status; undefined once the process has given its memory back (it is ending). */
export const parseStatus = (
  text: string,
): { readonly rssBytes: number | undefined; readonly peakRssBytes: number | undefined } => {
  const bytes = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
    return found === null ? undefined : Number(found[1]) * 1024
  }
  return { rssBytes: bytes('VmRSS'), peakRssBytes: bytes('VmHWM') }
}

export const cpuOf = (pid: number | 'self'): ReturnType<typeof parseStat> =>
  parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** Undefined once the process is gone. */
export const memoryOf = (pid: number | 'self'): ReturnType<typeof parseStatus> | undefined => {
  try {
    return parseStatus(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return undefined
  }
}
