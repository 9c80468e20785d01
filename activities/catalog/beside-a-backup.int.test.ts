import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupInput } from '../../domain/backup.js'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { stepsOf } from '../../drizzle/queries/job-steps.js'
import { markerFileName } from '../repository/layout.js'
import { openRunLab, quietRuntime } from './testing/run-lab.js'
import type { RunLab } from './testing/run-lab.js'

jest.setTimeout(120_000)

const disk = (): Buffer => randomBytes(256 * 1024)

let lab: RunLab
beforeAll(async () => {
  quietRuntime()
  lab = await openRunLab(process.env)
  await lab.serve()
})
afterAll(() => lab[Symbol.asyncDispose]())

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
