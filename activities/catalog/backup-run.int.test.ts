import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { MockActivityEnvironment } from '@temporalio/testing'
import { Failure } from '../../domain/failure.js'
import type { BackupInput } from '../../domain/backup.js'
import { queues, snapshotToken, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { backupById, backupWithDisks } from '../../drizzle/queries/backups.js'
import { stepsOf } from '../../drizzle/queries/job-steps.js'
import { insertRepository } from '../../drizzle/queries/repositories.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { contextById, disksOf } from '../../drizzle/queries/vm-contexts.js'
import { holdExclusively } from '../../drizzle/testing/exclusive.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import { restoredColumns } from '../../drizzle/testing/restored-columns.js'
import { markerFileName } from '../repository/layout.js'
import { readManifest } from '../repository/manifest-file.js'
import { rescanRepository } from '../repository/rescan-repository.js'
import { openRunLab, quietRuntime } from './testing/run-lab.js'
import type { RunLab, RunVm } from './testing/run-lab.js'

jest.setTimeout(120_000)

const MiB = 1024 * 1024
const disk = (): Buffer => Buffer.concat([randomBytes(MiB), Buffer.alloc(MiB), randomBytes(4096)])

let common: AsyncDisposable
let lab: RunLab
let early: { vm: RunVm; ended: Promise<unknown> }
beforeAll(async () => {
  quietRuntime()
  common = await holdExclusively('the common queues')
  lab = await openRunLab(process.env)
  // Before anybody serves the queues: the cancel is there when the run begins.
  const vm = await lab.addVm({ name: 'early', disks: [disk()] })
  const handle = await lab.start({ ...lab.input(vm), backupId: 'backup-early' })
  await handle.cancel()
  early = { vm, ended: handle.result() }
  early.ended.catch(() => undefined)
  await lab.serve()
}, 600_000)
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await common[Symbol.asyncDispose]()
})

const found = async (id: string) => {
  const row = await backupWithDisks(lab.db, id)
  if (row === undefined) throw new Error(`backup ${id} has no row`)
  return row
}
const until = async (what: () => Promise<unknown>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await what()); await sleep(100))
    if (Date.now() > deadline) throw new Error('what was waited for never happened')
}
/** What an engineer types: the Temporal CLI on the server of the tests. */
const typed = async (...words: string[]): Promise<void> => {
  const { SENDENSE_TEST_TEMPORAL_CLI: cli, TEMPORAL_ADDRESS: address = '' } = process.env
  if (!cli)
    throw new Error('This test needs the Temporal CLI: `npm test` names it in SENDENSE_TEST_TEMPORAL_CLI')
  const { namespace } = lab.client.options
  await promisify(execFile)(cli, [...words, '--address', address, '--namespace', namespace])
}
const snapshots = ({ context }: RunVm): number =>
  lab.datacentre.vms.get(context.instance_uuid)?.snapshots.size ?? 0
const away = (): Failure => new Failure('source-unreachable', 'The platform is away', { retry: false })

test('a run that was started by hand makes its own row, and is found by job and VM', async () => {
  const vm = await lab.addVm({ name: 'by-hand', disks: [disk(), disk()], trackingEnabled: true })
  const input = lab.input(vm)
  const workflowId = `backup:${vm.context.id}`
  const what = ['--type', 'backup-vm', '--task-queue', 'control', '--input', JSON.stringify(input)]
  await typed('workflow', 'start', '--workflow-id', workflowId, ...what)
  const handle = lab.client.workflow.getHandle(workflowId)
  await expect(handle.result()).resolves.toMatchObject({ backupId: input.backupId })
  const { backup, disks } = await found(input.backupId)
  expect(backup).toMatchObject({
    status: 'completed',
    cleanup: 'done',
    created_by: 'temporal',
    workflow_id: handle.workflowId,
    snapshot_token: snapshotToken(await installationId(lab.db), input.backupId),
  })
  expect(backup.snapshot_taken_at).not.toBeNull()
  expect(disks.map((row) => row.file_name)).toEqual(
    vm.disks.map(({ id }) => `disks/${id}/${input.backupId}.qcow2`),
  )
  const manifest = await readManifest(lab.repository.path, vm.context.id, input.backupId)
  expect(manifest?.snapshot_taken_at).toBe(backup.snapshot_taken_at)
  const { searchAttributes } = (await handle.describe()).raw.workflowExecutionInfo ?? {}
  const text = (name: string) =>
    Buffer.from(searchAttributes?.indexedFields?.[name]?.data ?? []).toString('utf8')
  expect([text('JobId'), text('VmContextId'), text('OpKind')]).toEqual([
    JSON.stringify(input.backupId),
    JSON.stringify(vm.context.id),
    '"backup"',
  ])
})

test('a run cancelled before it could claim its job ends it as cancelled', async () => {
  await expect(early.ended).rejects.toThrow(/cancel/i)
  expect((await found('backup-early')).backup).toMatchObject({ status: 'cancelled', cleanup: 'done' })
  expect(snapshots(early.vm)).toBe(0)
})

test('a snapshot that cannot be removed leaves a good point with its cleanup pending; the sweeper finishes it', async () => {
  const vm = await lab.addVm({ name: 'stuck', disks: [disk()] })
  const input = lab.input(vm)
  lab.datacentre.failNext('removeSnapshot', away)
  await (await lab.start(input)).result()
  expect((await found(input.backupId)).backup).toMatchObject({ status: 'completed', cleanup: 'pending' })
  expect(snapshots(vm)).toBe(1)
  await lab.sweep()
  expect((await found(input.backupId)).backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(snapshots(vm)).toBe(0)
})

test('a failed run whose undo failed keeps its reason, and the sweeper cleans up after it', async () => {
  const vm = await lab.addVm({ name: 'failing', disks: [disk()] })
  const input = lab.input(vm)
  lab.datacentre.failNext('diskReader', away)
  lab.datacentre.failNext('removeSnapshot', away)
  await expect((await lab.start(input)).result()).rejects.toThrow()
  const failed = { status: 'failed', error_code: 'source-unreachable', error_message: 'The platform is away' }
  expect((await found(input.backupId)).backup).toMatchObject({ ...failed, cleanup: 'pending' })
  // Away once more: what is left is tried again by the next sweep.
  lab.datacentre.failNext('removeSnapshot', away)
  await lab.sweep()
  expect((await found(input.backupId)).backup).toMatchObject({ ...failed, cleanup: 'pending' })
  await lab.sweep()
  expect((await found(input.backupId)).backup).toMatchObject({ ...failed, cleanup: 'done' })
  expect(snapshots(vm)).toBe(0)
})

test('a run that an engineer resets is still the owner of its job, and the sweeper leaves it alone', async () => {
  const vm = await lab.addVm({ name: 'reset', disks: [disk()] })
  const input = lab.input(vm)
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  lab.datacentre.wrapEnd = ({ readInto: _, ...end }) => ({
    ...end,
    read: async (...of) => {
      await gate
      return await end.read(...of)
    },
  })
  const handle = await lab.start(input)
  await until(async () => (await backupWithDisks(lab.db, input.backupId))?.disks[0]?.bytes_total)
  // The end of the first workflow task: all steps are run again.
  const why = ['--event-id', '4', '--reason', 'an engineer tries again']
  await typed('workflow', 'reset', '--workflow-id', handle.workflowId, ...why)
  await lab.sweep()
  expect((await found(input.backupId)).backup).toMatchObject({
    status: 'running',
    run_id: handle.firstExecutionRunId,
  })
  open()
  await lab.client.workflow.getHandle(handle.workflowId).result()
  const { backup, disks } = await found(input.backupId)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  // The first copy may have ended before the second run came to it: then it is not copied again.
  expect(disks).toMatchObject([{ status: 'committed' }])
})

test('a rescan of an emptied database brings back every column that can be known', async () => {
  const vm = await lab.addVm({
    name: 'lost',
    disks: [disk(), disk(), { content: MiB, leftOut: 'rdm-physical' }, disk()],
    // Turned on by the run itself, which the manifest must tell, too.
    trackingEnabled: false,
  })
  const leftOut = vm.disks[1]?.id ?? ''
  const input = lab.input(vm, { excludeDisks: [leftOut] })
  await (await lab.start(input)).result()
  const before = await found(input.backupId)
  expect(before.backup).toMatchObject({
    exclude_disks: [leftOut],
    warnings: [expect.stringContaining('raw device mapping')],
  })
  await using empty = await openTestDatabase()
  const { db } = empty.database
  const { id: _, ...registration } = lab.repository
  const repositoryId = await insertRepository(db, registration)
  const rescanned = await new MockActivityEnvironment().run(rescanRepository({ db }), { repositoryId })
  expect(rescanned).toMatchObject({ pointsRefused: [] })
  const after = await backupWithDisks(db, input.backupId)
  expect(restoredColumns.backup(after?.backup)).toEqual(restoredColumns.backup(before.backup))
  expect(after?.disks).toEqual(before.disks)
  const context = await contextById(lab.db, vm.context.id)
  expect(context?.change_tracking_enabled).toBe(true)
  expect(restoredColumns.context(await contextById(db, vm.context.id))).toEqual(
    restoredColumns.context(context),
  )
  expect(await disksOf(db, vm.context.id)).toEqual(await disksOf(lab.db, vm.context.id))
})

const backedUp = async (name: string): Promise<string> => {
  const input = lab.input(await lab.addVm({ name, disks: [disk()] }))
  await (await lab.start(input)).result()
  return input.backupId
}
const ask = (workflowType: string, workflowId: string, input: object): Promise<unknown> =>
  lab.client.workflow.execute(workflowType, { workflowId, taskQueue: queues.control, args: [input] })
const verify = (backupId: string): Promise<unknown> =>
  ask(workflowTypes.verifyBackup, workflowIds.verify(backupId), {
    backupId,
    repositoryId: lab.repository.id,
    vmName: 'a VM',
  })

test('a verification stands in the JobLog beside the steps of its backup', async () => {
  const id = await backedUp('verified')
  const before = await stepsOf(lab.db, id)
  await verify(id)
  const after = await stepsOf(lab.db, id)
  expect(before.map(({ summary }) => summary)).toContain('claim the job')
  expect(after.slice(0, -1)).toEqual(before)
  expect(after.at(-1)).toMatchObject({ name: 'verifyBackup', status: 'completed' })
})

test('a verification that fails says so in the row of its point', async () => {
  const id = await backedUp('unverified')
  const marker = path.join(lab.repository.path, markerFileName)
  const ours = await readFile(marker, 'utf8')
  await writeFile(marker, ours.replaceAll(lab.repository.marker, 'another'))
  await expect(verify(id)).rejects.toThrow()
  await writeFile(marker, ours)
  expect(await backupById(lab.db, id)).toMatchObject({
    status: 'completed',
    verified_at: expect.any(String),
    verify_result: null,
    verify_detail: expect.stringMatching(/^The verification failed: .*main/),
  })
  await verify(id)
  expect(await backupById(lab.db, id)).toMatchObject({ verify_result: 'good' })
})

test('copies in all places, and others waiting for one, hold up no question', async () => {
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  lab.datacentre.wrapEnd = ({ readInto: _, ...end }) => ({
    ...end,
    read: async (...of) => {
      await gate
      return await end.read(...of)
    },
  })
  const inputs: BackupInput[] = []
  for (const name of ['one', 'two', 'three'])
    inputs.push(lab.input(await lab.addVm({ name, disks: [disk(), disk()] })))
  const running = await Promise.all(inputs.map((input) => lab.start(input)))
  const begun = async () =>
    (await Promise.all(inputs.map(({ backupId }) => disksOfBackup(lab.db, backupId))))
      .flat()
      .filter(({ attempt_no }) => attempt_no > 0)
  while ((await begun()).length < 4) await sleep(100)
  const question = { repositoryId: lab.repository.id, action: 'storage', neededBytes: 0 }
  await ask(
    workflowTypes.inspectRepository,
    workflowIds.inspectRepository(lab.repository.id, 'busy'),
    question,
  )
  expect(await begun()).toHaveLength(4)
  open()
  await Promise.all(running.map((handle) => handle.result()))
  expect(await begun()).toHaveLength(6)
})
