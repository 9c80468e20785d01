import { finishBackup } from '../../drizzle/queries/backup-changes.js'
import { credentialById, insertCredential } from '../../drizzle/queries/credentials.js'
import { discoveryResult, saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { insertPendingExecution } from '../../drizzle/queries/executions.js'
import { findStart, rememberStart } from '../../drizzle/queries/idempotency.js'
import { recordStepStart, stepsOf } from '../../drizzle/queries/job-steps.js'
import { insertPlatform } from '../../drizzle/queries/platforms.js'
import { insertSession, sessionByToken } from '../../drizzle/queries/sessions.js'
import { insertUser } from '../../drizzle/queries/users.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { addFlow } from '../../drizzle/testing/flow-rows.js'
import { aVm, registerVm, startBackup } from '../../drizzle/testing/samples.js'
import { pruneRecords } from './prune-records.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(() => opened[Symbol.asyncDispose]())

const hourMs = 3600 * 1000
const prune = (hours: number) =>
  pruneRecords({ db: opened.database.db, now: () => new Date(Date.now() + hours * hourMs) })({})

test('records go when their life is over, and not before', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const user = { id: 'u', username: 'u', role: 'admin', must_change_password: false } as const
  await insertUser(db, { ...user, password_hash: 'hash' })
  for (const id of ['cred-once-left', 'cred-once-used', 'credential-kept'])
    await insertCredential(db, { id, sealed: 's', description: 'd' })
  const used = { ...vm.platform, id: 'p2', name: 'p2', credential_id: 'cred-once-used' }
  await insertPlatform(db, used)
  const expiresAt = new Date(Date.now() + 12 * hourMs).toISOString()
  await insertSession(db, { token: 't', userId: 'u', expiresAt })
  await rememberStart(db, { userId: 'u', key: 'k', requestHash: 'h', resourceId: 'r' })
  const open = await startBackup(db, vm)
  for (const request of ['discover-1', open]) await saveDiscovery(db, request, vm.platform.id, [aVm(), aVm()])

  const begun = { step_id: 'delete-backup/1', attempt: 1, name: 'deletePoint', summary: 'delete it' }
  const flow_id = await addFlow(db, { target_id: vm.context.id, repository_id: vm.repositoryId })
  await insertPendingExecution(db, {
    ...{ id: 'exec-1', flow_id, execution_type: 'manual', backup_type: 'auto', workflow_id: 'flow:1' },
    ...{ triggered_by: 'operator', created_at: new Date().toISOString() },
  })
  for (const job_id of ['deleted', open, 'exec-1'])
    await recordStepStart(db, { ...begun, job_id, started_at: new Date().toISOString() })

  expect(await prune(11)).toEqual({ credentials: 0, sessions: 0, starts: 0, discoveries: 0, steps: 0 })
  expect(await sessionByToken(db, 't', new Date().toISOString())).toBeDefined()

  expect(await prune(25)).toEqual({ credentials: 1, sessions: 1, starts: 0, discoveries: 2, steps: 1 })
  expect(await stepsOf(db, 'deleted')).toEqual([])
  for (const job of [open, 'exec-1']) expect(await stepsOf(db, job)).toHaveLength(1)
  expect(await credentialById(db, 'cred-once-left')).toBeUndefined()
  expect(await credentialById(db, 'cred-once-used')).toBeDefined()
  expect(await credentialById(db, 'credential-kept')).toBeDefined()
  expect(await discoveryResult(db, 'discover-1')).toEqual([])
  expect(await discoveryResult(db, open)).toHaveLength(2)
  expect(await findStart(db, 'u', 'k')).toBeDefined()

  const completed_at = new Date().toISOString()
  await finishBackup(db, open, { status: 'failed', cleanup: 'done', completed_at })
  expect(await prune(8 * 24)).toEqual({ credentials: 0, sessions: 0, starts: 1, discoveries: 2, steps: 0 })
  expect(await prune(8 * 24)).toEqual({ credentials: 0, sessions: 0, starts: 0, discoveries: 0, steps: 0 })
})
