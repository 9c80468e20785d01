import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { claimBackup, finishBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { registerVm, startBackup } from '../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../drizzle/testing/samples.js'
import { findOrphanJobs, settleOrphan } from './sweep.js'

jest.setTimeout(60_000)

const address = process.env['TEMPORAL_ADDRESS']
if (!address) throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS; `npm test` starts one itself')

let opened: TestDatabase
let connection: Connection
let client: Client
let vm: RegisteredVm
const started: WorkflowHandleWithFirstExecutionRunId[] = []
beforeAll(async () => {
  opened = await openTestDatabase()
  connection = await Connection.connect({ address })
  client = new Client({ connection })
})
beforeEach(async () => {
  vm = await registerVm(opened.database.db)
})
afterAll(async () => {
  for (const handle of started) await handle.terminate().catch(() => undefined)
  await connection.close()
  await opened[Symbol.asyncDispose]()
})

/** An open run under the VM's id; nobody serves its queue, so it stays as it is. */
const openRun = async (jobId?: string) => {
  const handle = await client.workflow.start('backup-vm', {
    workflowId: `backup:${vm.context.id}`,
    taskQueue: `nobody-${randomBytes(4).toString('hex')}`,
    ...(jobId !== undefined && {
      typedSearchAttributes: [{ key: defineSearchAttributeKey('JobId', 'KEYWORD'), value: jobId }],
    }),
  })
  started.push(handle)
  return handle
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString()
const job = (ageSeconds: number) => startBackup(opened.database.db, vm, { created_at: ago(ageSeconds) })
const settings = { heartbeatSeconds: 30, pauseMinutes: 60, roomCheckSeconds: 30, undoSeconds: 600 }
const claim = (id: string, runId: string) => claimBackup(opened.database.db, id, runId, ago(0))

const reasonFor = async (id: string): Promise<string | undefined> => {
  const dependencies = { db: opened.database.db, client, now: () => new Date(), site: 'local' }
  const { orphans } = await findOrphanJobs({ ...dependencies, ...settings })({})
  return orphans.find((orphan) => orphan.backupId === id)?.reason
}
const lost = 'its workflow was terminated or lost'

describe('of a job that nobody has claimed', () => {
  test('a young one is left: its start may be on its way', async () => {
    expect(await reasonFor(await job(30))).toBeUndefined()
  })

  test('an old one without a workflow is an orphan', async () => {
    expect(await reasonFor(await job(90))).toBe(lost)
  })

  test('an open run that names it, or names nobody yet, keeps it', async () => {
    const named = await job(90)
    const run = await openRun(named)
    expect(await reasonFor(named)).toBeUndefined()
    await run.terminate()
    expect(await reasonFor(named)).toBe(lost)
    vm = await registerVm(opened.database.db)
    const unnamed = await job(90)
    await openRun()
    expect(await reasonFor(unnamed)).toBeUndefined()
  })

  test('an open run of another job of the same VM does not keep it', async () => {
    const refused = await job(90)
    await openRun('backup-of-somebody-else')
    expect(await reasonFor(refused)).toBe(lost)
  })
})

describe('of a job that a run has claimed', () => {
  test('it is left while that run is open, however old it is, and an orphan as soon as it is closed', async () => {
    const id = await job(7 * 24 * 3600)
    const run = await openRun()
    await claim(id, run.firstExecutionRunId)
    expect(await reasonFor(id)).toBeUndefined()
    await run.terminate()
    expect(await reasonFor(id)).toBe(lost)
  })

  test('a young one is an orphan too when its workflow is gone: it had begun', async () => {
    const id = await job(0)
    await claim(id, 'run-of-a-lost-server')
    expect(await reasonFor(id)).toBe(lost)
  })

  test('a later run under the same id does not keep it', async () => {
    const id = await job(90)
    const first = await openRun(id)
    await claim(id, first.firstExecutionRunId)
    await first.terminate()
    await openRun('backup-later')
    expect(await reasonFor(id)).toBe(lost)
  })

  test('nobody is an orphan while Temporal cannot be asked', async () => {
    const id = await job(90)
    const gone = await Connection.connect({ address })
    await gone.close()
    const dependencies = {
      db: opened.database.db,
      now: () => new Date(),
      site: 'local',
      ...settings,
    }
    const cut = { ...dependencies, client: new Client({ connection: gone }) }
    await expect(findOrphanJobs(cut)({})).rejects.toThrow()
    expect(await backupById(opened.database.db, id)).toMatchObject({ status: 'pending' })
  })
})

describe('what is settled', () => {
  const settled = { snapshotGone: true, filesGone: true, recovered: false, reason: lost }
  const settle = (backupId: string, change: Partial<typeof settled> = {}) =>
    settleOrphan({ db: opened.database.db, now: () => new Date() })({ backupId, ...settled, ...change })

  test.each([
    ['completed', true],
    ['failed', false],
    ['cancelled', false],
  ] as const)('a %s job with pending cleanup keeps its ending and is done', async (status, recovered) => {
    const { db } = opened.database
    const id = await job(0)
    const ending = { status, cleanup: 'pending', completed_at: ago(0), error_message: 'why' } as const
    await finishBackup(db, id, ending)
    expect(await reasonFor(id)).toBe('its cleanup was pending')
    await settle(id, { recovered, snapshotGone: false })
    expect(await reasonFor(id)).toBe('its cleanup was pending')
    await settle(id, { recovered })
    expect(await reasonFor(id)).toBeUndefined()
    expect(await backupById(db, id)).toMatchObject({ status, cleanup: 'done', error_message: 'why' })
  })

  test('an open job fails and says so; where its snapshot is left, the next sweep goes on', async () => {
    const { db } = opened.database
    const id = await job(0)
    await settle(id, { snapshotGone: false })
    expect(await backupById(db, id)).toMatchObject({ status: 'failed', cleanup: 'pending' })
    await settle(id)
    expect(await backupById(db, id)).toMatchObject({ status: 'failed', cleanup: 'done' })
  })

  test('an open job whose repository is away stays open: the point may stand', async () => {
    const id = await job(0)
    await settle(id, { filesGone: false })
    expect(await backupById(opened.database.db, id)).toMatchObject({ status: 'pending' })
  })
})
