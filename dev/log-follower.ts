import { open } from 'node:fs/promises'
import { readTextIfThere } from './write-file.js'

/** Reads a growing log from where one process began to write. */
export interface LogFollower {
  /** Whole lines that were added since the last call. */
  newLines(): Promise<string[]>
}

export const followLog = (file: string, fromByte: number): LogFollower => {
  let position = fromByte
  let rest = ''
  return {
    newLines: async () => {
      const handle = await open(file, 'r')
      try {
        const { size } = await handle.stat()
        if (size <= position) return []
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(size - position),
          0,
          size - position,
          position,
        )
        position += bytesRead
        const lines = `${rest}${buffer.toString('utf8', 0, bytesRead)}`.split('\n')
        rest = lines.pop() ?? ''
        return lines
      } finally {
        await handle.close()
      }
    },
  }
}

/** The readiness line of our own programs: one JSON object with `"ready": true`. */
export const parseReadyLine = (line: string): Record<string, unknown> | undefined => {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) && value['ready'] === true ? value : undefined
  } catch {
    return undefined
  }
}

/** What one process wrote since it began, at most the last 4,000 bytes: for an error message. */
export const tailOf = async (file: string, fromByte: number): Promise<string> => {
  const log = Buffer.from((await readTextIfThere(file)) ?? '')
  return log.toString('utf8', Math.max(fromByte, log.length - 4000))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
