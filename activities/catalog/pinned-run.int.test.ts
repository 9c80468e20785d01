import { randomBytes } from 'node:crypto'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import { backupWithDisks } from '../../drizzle/queries/backups.js'
import { pinsOn, takeChainPins, takePins } from '../../drizzle/queries/pins.js'
import { holdExclusively } from '../../drizzle/testing/exclusive.js'
import { openRunLab, quietRuntime } from './testing/run-lab.js'
import type { RunLab, RunVm } from './testing/run-lab.js'

jest.setTimeout(300_000)

const MiB = 2 ** 20
let common: AsyncDisposable
let lab: RunLab
beforeAll(async () => {
  quietRuntime()
  common = await holdExclusively('the common queues')
  lab = await openRunLab(process.env)
  await lab.serve()
}, 900_000)
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await common?.[Symbol.asyncDispose]()
})
afterEach(() => {
  lab.datacentre.wrapEnd = (end) => end
})

const newVm = (name: string): Promise<RunVm> =>
  lab.addVm({ name, disks: [randomBytes(MiB)], trackingEnabled: true })
const backUp = async (vm: RunVm): Promise<string> => {
  const input = lab.input(vm, { requestedType: 'auto' })
  await (await lab.start(input)).result()
  return input.backupId
}
const parentOf = async (id: string): Promise<string | null | undefined> =>
  (await backupWithDisks(lab.db, id))?.disks[0]?.parent_backup_id
const pins = (...ids: string[]) => pinsOn(lab.db, ids)
/** An open workflow that nobody serves: whatever it holds, it holds. */
const deleter = async () => {
  const workflowId = `delete:by-hand-${randomBytes(3).toString('hex')}`
  const handle = await lab.client.workflow.start(workflowTypes.deleteBackup, {
    workflowId,
    taskQueue: 'nobody',
  })
  const wanted = { owner: workflowId, runId: handle.firstExecutionRunId, purpose: 'delete' } as const
  return { wanted, end: () => handle.terminate() }
}
const remove = (vm: RunVm, id: string): Promise<unknown> =>
  lab.client.workflow.execute(workflowTypes.deleteBackup, {
    workflowId: workflowIds.delete(id),
    taskQueue: queues.control,
    args: [
      {
        backupId: id,
        repositoryId: lab.repository.id,
        vmContextId: vm.context.id,
        vmName: 'it',
        chain: true,
      },
    ],
  })
const inUse = { cause: { cause: { type: 'point-in-use' } } }

/** Starts an increment of something new, whose read stands until it is let go. */
const heldRun = async (vm: RunVm) => {
  const input = lab.input(vm, { requestedType: 'auto' })
  const [disk] = vm.disks
  lab.datacentre.write(vm.context.instance_uuid, disk!.device_key, 0, randomBytes(4096))
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  let stands = (): void => undefined
  const held = new Promise<void>((resolve) => (stands = resolve))
  lab.datacentre.wrapEnd = ({ readInto: _, ...end }) => ({
    ...end,
    read: async (...of) => {
      stands()
      await gate
      return await end.read(...of)
    },
  })
  const handle = await lab.start(input)
  await held
  return { input, handle, open: () => open() }
}

test('what is being deleted is no base, a whole chain neither; once the deleter is closed it is one again', async () => {
  const vm = await newVm('bases')
  const full = await backUp(vm)
  const second = await backUp(vm)
  expect(await parentOf(second)).toBe(full)
  const { wanted, end } = await deleter()
  expect(await takePins(lab.db, [second], wanted)).toMatchObject({ kind: 'taken' })
  const beside = await backUp(vm)
  expect(await parentOf(beside)).toBe(full)
  expect(await takeChainPins(lab.db, full, wanted)).toMatchObject({ kind: 'taken' })
  const anew = await backUp(vm)
  expect(await parentOf(anew)).toBeNull()
  expect(await takePins(lab.db, [anew], wanted)).toMatchObject({ kind: 'taken' })
  await end()
  const over = await backUp(vm)
  expect(await parentOf(over)).toBe(anew)
  // Met and removed there; what nobody met, the sweep removes. The runs let go of theirs as they ended.
  expect(await pins(anew)).toEqual([])
  await lab.sweep()
  expect(await pins(full, second, beside)).toEqual([])
})

test('a run holds its base until it has ended, and no longer', async () => {
  const vm = await newVm('holder')
  const full = await backUp(vm)
  const { input, handle, open } = await heldRun(vm)
  const run = { owner: handle.workflowId, runId: handle.firstExecutionRunId }
  expect(await pins(full)).toMatchObject([{ purpose: 'base', ...run }])
  await expect(remove(vm, full)).rejects.toMatchObject(inUse)
  expect(await pins(full)).toHaveLength(1)
  open()
  await handle.result()
  expect(await pins(full)).toEqual([])
  await remove(vm, full)
  for (const id of [full, input.backupId]) expect(await backupWithDisks(lab.db, id)).toBeUndefined()
})

test('the pins of a run that an engineer terminated are swept', async () => {
  const vm = await newVm('terminated')
  const full = await backUp(vm)
  const { handle, open } = await heldRun(vm)
  await lab.sweep()
  expect(await pins(full)).toHaveLength(1)
  await handle.terminate()
  open()
  await lab.sweep()
  expect(await pins(full)).toEqual([])
  await remove(vm, full)
  expect(await backupWithDisks(lab.db, full)).toBeUndefined()
})
