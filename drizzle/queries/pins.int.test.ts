import { seeded } from '../../activities/blocks/testing/random.js'
import { pinPurposes } from '../../domain/backup.js'
import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { aVm, planDisks, plannedDisk, registerVm, startBackup } from '../testing/samples.js'
import type { RegisteredVm } from '../testing/samples.js'
import { deleteBackupRow, updateBackup } from './backup-changes.js'
import { disksOfBackup } from './backup-disks.js'
import { backupById, childrenOf } from './backups.js'
import {
  dropExpiredPins,
  pinningWorkflows,
  pinsOn,
  planDisksOver,
  releasePins,
  renewPin,
  takeChainPins,
  takePins,
} from './pins.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(120_000)

let opened: TestDatabase
let vm: RegisteredVm
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
  vm = await registerVm(opened.database.db, aVm())
})
afterAll(() => opened[Symbol.asyncDispose]())

const point = async (parent: string | null = null): Promise<string> => {
  const { db } = opened.database
  const id = await startBackup(db, vm)
  await planDisks(db, id, vm.disks, { parent_backup_id: parent })
  await updateBackup(db, id, { status: 'completed' }, ['pending'])
  return id
}
const workflow = (n: number | string) => ({ owner: `workflow:${n}`, runId: `run-${n}` })

describe('beside each other', () => {
  const pairs = pinPurposes.flatMap((first) => pinPurposes.map((second) => ({ first, second })))
  test.each(pairs)('$first, then $second of another owner', async ({ first, second }) => {
    const { db } = opened.database
    const id = await point()
    expect(await takePins(db, [id], { ...workflow(1), purpose: first })).toMatchObject({ kind: 'taken' })
    const answer = await takePins(db, [id], { ...workflow(2), purpose: second })
    if (first === 'delete' || second === 'delete') {
      expect(answer).toMatchObject({ kind: 'held', by: [{ ...workflow(1), backupId: id, purpose: first }] })
      expect(await pinsOn(db, [id])).toHaveLength(1)
    } else expect(answer.kind).toBe('taken')
  })
})

test('who lets go of one point keeps its pins on others', async () => {
  const { db } = opened.database
  const [one, other] = [await point(), await point()]
  await takePins(db, [one, other], { ...workflow('two'), purpose: 'delete' })
  expect(await releasePins(db, workflow('two'), [one])).toBe(1)
  expect(await pinsOn(db, [one, other])).toMatchObject([{ backupId: other }])
})

test('asking again as the owner is taken; another run under the same id is held by the first', async () => {
  const { db } = opened.database
  const id = await point()
  const wanted = { ...workflow(1), purpose: 'delete' } as const
  for (const _ of [1, 2]) expect(await takePins(db, [id], wanted)).toEqual({ kind: 'taken', backupIds: [id] })
  const later = { ...wanted, runId: 'run-later' }
  expect(await takePins(db, [id], later)).toMatchObject({ kind: 'held', by: [workflow(1)] })
  await releasePins(db, workflow(1))
  expect(await takePins(db, [id], later)).toMatchObject({ kind: 'taken' })
})

test('all points or none: one that is held, or missing, and nothing is pinned', async () => {
  const { db } = opened.database
  const [a, b] = [await point(), await point()]
  await takePins(db, [b], { ...workflow(1), purpose: 'read' })
  expect(await takePins(db, [a, b], { ...workflow(2), purpose: 'delete' })).toMatchObject({ kind: 'held' })
  expect(await takePins(db, [a, 'gone'], { ...workflow(2), purpose: 'verify' })).toEqual({
    kind: 'missing',
    backupIds: ['gone'],
  })
  expect(await pinsOn(db, [a])).toEqual([])
})

test('a pin with an end of its own holds until then, and longer when it is renewed', async () => {
  const { db } = opened.database
  const id = await point()
  const reader = { owner: 'content:1', runId: null, purpose: 'read' } as const
  await takePins(db, [id], { ...reader, lastsMs: 600_000 })
  const [pin] = await pinsOn(db, [id])
  expect(pin?.leftMs).toBeGreaterThan(500_000)
  expect(Date.parse(pin?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 300_000)
  expect(await takePins(db, [id], { ...workflow(1), purpose: 'delete' })).toMatchObject({ kind: 'held' })
  expect(await renewPin(db, { ...reader, backupId: id }, 0)).toBe(true)
  expect(await pinsOn(db, [id])).toEqual([])
  expect(await takePins(db, [id], { ...workflow(1), purpose: 'delete' })).toMatchObject({ kind: 'taken' })
  expect(await renewPin(db, { ...reader, backupId: id }, 1000)).toBe(false)
})

test('the sweep finds what is over, and the workflows that hold pins', async () => {
  const { db } = opened.database
  const id = await point()
  await dropExpiredPins(db)
  await takePins(db, [id], { ...workflow('swept'), purpose: 'verify' })
  await takePins(db, [id], { ...workflow('swept'), purpose: 'base' })
  await takePins(db, [id], { owner: 'content:2', runId: null, purpose: 'read', lastsMs: 0 })
  expect(await dropExpiredPins(db)).toBe(1)
  const found = await pinningWorkflows(db)
  expect(found.filter(({ owner }) => owner === 'workflow:swept')).toEqual([workflow('swept')])
  expect(await releasePins(db, workflow('swept'))).toBe(2)
})

test('a row goes with the pins of who deletes it, and not while somebody else has one', async () => {
  const { db } = opened.database
  const id = await point()
  await takePins(db, [id], { ...workflow(1), purpose: 'verify' })
  expect(await deleteBackupRow(db, id, workflow(2))).toBe('in-use')
  expect(await deleteBackupRow(db, id)).toBe('in-use')
  await releasePins(db, workflow(1))
  await takePins(db, [id], { ...workflow(2), purpose: 'delete' })
  expect(await deleteBackupRow(db, id, workflow(2))).toBe('deleted')
  expect(await pinsOn(db, [id])).toEqual([])
})

test('of twenty that want to delete a point at once exactly one may', async () => {
  const { db } = opened.database
  const id = await point()
  const many = Array.from({ length: 20 }, (_, n) => n)
  const answers = await Promise.all(
    many.map((n) => takePins(db, [id], { ...workflow(n), purpose: 'delete' })),
  )
  expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(1)
  expect(await pinsOn(db, [id])).toHaveLength(1)
})

// Whatever the order in which the server takes them: no point goes that somebody holds, nobody holds what is gone.
test.each(Array.from({ length: 12 }, (_, seed) => `race ${seed}`))(
  '%s of deletes, chain deletes, readers and increments is decided by the database',
  async (seed) => {
    const { db } = opened.database
    const random = seeded(seed)
    const root = await point()
    const middle = await point(root)
    const leaf = await point(middle)
    const ids = [root, middle, leaf]
    const plan = async (n: number): Promise<string> => {
      const base = random.pick(ids)
      const id = await startBackup(db, vm)
      await updateBackup(db, id, { status: 'running' }, ['pending'])
      const rows = vm.disks.map((disk) => plannedDisk(id, disk, { parent_backup_id: base }))
      const { kind } = await planDisksOver(db, rows, workflow(n))
      expect(await disksOfBackup(db, id)).toHaveLength(kind === 'taken' ? rows.length : 0)
      return kind === 'taken' ? base : ''
    }
    const remove = async (n: number, whole: boolean): Promise<string> => {
      const wanted = { ...workflow(n), purpose: 'delete' } as const
      const taking = whole ? await takeChainPins(db, root, wanted) : await takePins(db, [leaf], wanted)
      if (taking.kind !== 'taken') return ''
      for (const id of taking.backupIds) {
        const outcome = await deleteBackupRow(db, id, workflow(n))
        // A single delete may meet an increment that was there before it: that one has pinned its base.
        expect(outcome).toBe('deleted')
      }
      return ''
    }
    const read = async (n: number): Promise<string> => {
      const id = random.pick(ids)
      const taking = await takePins(db, [id], { ...workflow(n), purpose: 'read' })
      return taking.kind === 'taken' ? id : ''
    }
    const held = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const what = random.int(0, 3)
        return what === 0 ? plan(n) : what === 1 ? read(n) : remove(n, what === 2)
      }),
    )
    for (const id of held.filter((one) => one !== '')) expect(await backupById(db, id)).toBeDefined()
    const left = (await Promise.all(ids.map((id) => backupById(db, id)))).map((row) => row !== undefined)
    // A chain is never broken: what is there has everything below it.
    expect([
      [true, true, true],
      [true, true, false],
      [false, false, false],
    ]).toContainEqual(left)
    for (const id of ids.filter((_, at) => !left[at])) expect(await childrenOf(db, id)).toEqual([])
  },
)

test('a chain is pinned in the order of its deletion, an increment under way holds all of it', async () => {
  const { db } = opened.database
  const root = await point()
  const leaf = await point(root)
  const other = await point()
  const wanted = { ...workflow(1), purpose: 'delete' } as const
  for (const id of [root, leaf])
    expect(await takeChainPins(db, id, wanted)).toEqual({ kind: 'taken', backupIds: [leaf, root] })
  await releasePins(db, workflow(1))
  const next = await startBackup(db, vm)
  await updateBackup(db, next, { status: 'running' }, ['pending'])
  const rows = vm.disks.map((disk) => plannedDisk(next, disk, { parent_backup_id: root }))
  expect(await planDisksOver(db, rows, workflow(2))).toMatchObject({ kind: 'taken' })
  expect(await takeChainPins(db, leaf, wanted)).toMatchObject({
    kind: 'held',
    by: [{ backupId: root, purpose: 'base', ...workflow(2) }],
  })
  expect(await takeChainPins(db, other, wanted)).toEqual({ kind: 'taken', backupIds: [other] })
  expect(await takeChainPins(db, 'gone', wanted)).toEqual({ kind: 'missing', backupIds: ['gone'] })
})
