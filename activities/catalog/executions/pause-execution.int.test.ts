import type { Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { updateBackup } from '../../../drizzle/queries/backup-changes.js'
import { markPaused } from '../../../drizzle/queries/backup-pauses.js'
import { openTestDatabase } from '../../../drizzle/testing/database.js'
import type { TestDatabase } from '../../../drizzle/testing/database.js'
import { executionRow, itemRow } from '../../../drizzle/testing/execution-rows.js'
import { registerVm, startBackup } from '../../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../../drizzle/testing/samples.js'
import { makeFlow } from '../testing/flow-lab.js'
import { pauseBackups } from './pause-execution.js'

jest.setTimeout(60_000)

let opened: TestDatabase
let vm: RegisteredVm
beforeAll(async () => {
  opened = await openTestDatabase()
  vm = await registerVm(opened.database.db)
})
afterAll(() => opened[Symbol.asyncDispose]())

/** A paused execution that works on one backup, whose run answers an Update by its stage. */
const paused = async (stage: () => string) => {
  const { db } = opened.database
  const target = { target_type: 'vm', target_id: vm.context.id, repository_id: vm.repositoryId } as const
  const executionId = await executionRow(db, await makeFlow(db, target), { status: 'paused' })
  const backupId = await startBackup(db, vm)
  await updateBackup(db, backupId, { status: 'running' }, ['pending'])
  await itemRow(db, executionId, { position: 0, status: 'running', lane: 1, backup_id: backupId })
  const asked: string[] = []
  const startUpdate = async (action: string): Promise<void> => {
    asked.push(action)
    if (stage() === 'copying') return
    const details = [{ facts: { stage: stage() } }]
    throw ApplicationFailure.create({ type: 'conflict', message: `it is ${stage()}`, details })
  }
  const client = {
    workflow: { getHandle: () => ({ startUpdate }) },
    withDeadline: (_: number, work: () => Promise<unknown>) => work(),
  } as unknown as Client
  return { db, backupId, asked, pause: () => pauseBackups({ db, client })({ executionId }) }
}

test('a backup that waits for room is paused when it runs on by itself', async () => {
  let stage = 'pausing'
  const { db, backupId, asked, pause } = await paused(() => stage)
  // Full, which its row does not tell yet.
  await expect(pause()).rejects.toThrow('it is pausing')
  await markPaused(db, backupId, 'Repository main is full. It goes on by itself when there is room.')
  await expect(pause()).rejects.toThrow(`${backupId} waits for room in its repository`)
  await updateBackup(db, backupId, { status: 'running', pause_reason: null }, ['paused'])
  stage = 'copying'
  expect(await pause()).toEqual({ paused: 1 })
  expect(asked).toEqual(['pause', 'pause'])
})

test('a backup that prepares, or stands in line for places, is asked until it can be paused', async () => {
  let stage = 'preparing'
  const { db, backupId, pause } = await paused(() => stage)
  await expect(pause()).rejects.toThrow('1 of 1 backups are not paused yet: it is preparing')
  stage = 'copying'
  expect(await pause()).toEqual({ paused: 1 })
  await markPaused(db, backupId, null)
  expect(await pause()).toEqual({ paused: 1 })
})
