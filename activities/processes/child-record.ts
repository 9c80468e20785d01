import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { ProcessIdentity } from './process-identity.js'

/** On whose behalf a child runs; decides in a sweep whether it may stay. */
export interface ChildOwner {
  readonly jobId: string
  readonly diskId: string
  readonly attemptNo: number
}

/** What a later worker needs to end a child that it did not start. */
export interface ChildRecord {
  readonly name: string
  readonly pid: number
  readonly startTime: number
  readonly bootId: string
  readonly owner: ChildOwner
  /** The process that started it. */
  readonly worker?: ProcessIdentity
  readonly socketPath?: string
}

const suffix = '.json'

export const recordPath = (stateDir: string, name: string): string => join(stateDir, `${name}${suffix}`)

/** Durable before it returns: a child without a record could not be found after a crash. */
export const writeRecord = async (stateDir: string, record: ChildRecord): Promise<void> => {
  const path = recordPath(stateDir, record.name)
  const file = await open(`${path}.tmp`, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.tmp`, path)
  const directory = await open(stateDir, 'r')
  await directory.sync().finally(() => directory.close())
}

export const removeRecord = (stateDir: string, name: string): Promise<void> =>
  rm(recordPath(stateDir, name), { force: true })

/** All records; a file that is none (no writer leaves one) is passed over. */
export const readRecords = async (stateDir: string): Promise<ChildRecord[]> => {
  const names = await readdir(stateDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = await Promise.all(
    names.filter((name) => name.endsWith(suffix)).map((name) => readRecord(join(stateDir, name))),
  )
  return found.filter((record) => record !== undefined)
}

const readRecord = async (path: string): Promise<ChildRecord | undefined> => {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<ChildRecord>
    return typeof found.pid === 'number' && found.owner !== undefined ? (found as ChildRecord) : undefined
  } catch {
    return undefined
  }
}
