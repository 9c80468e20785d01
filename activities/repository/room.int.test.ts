import { readdir } from 'node:fs/promises'
import { disksOfBackup, setDiskPlan, takeAttempt } from '../../drizzle/queries/backup-disks.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { inspectRepository } from './inspect-repository.js'
import { createStorageGauge } from './storage.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'

jest.setTimeout(60_000)
const unknownYet = { changeId: null, readMode: 'full', readReason: 'not known yet' } as const

let lab: PointLab
beforeEach(async () => {
  lab = await openPointLab()
})
afterEach(() => lab[Symbol.asyncDispose]())

describe('room', () => {
  const inspect = (action: 'prepare' | 'check' | 'storage', neededBytes = 0) =>
    lab.run(inspectRepository(lab.needs), { repositoryId: lab.repository.id, action, neededBytes })

  test('is measured: what the file system says, what our files take, what open jobs have reserved', async () => {
    const empty = await inspect('storage')
    expect(empty).toMatchObject({ used_bytes: 0, reserved_bytes: 0 })
    expect(empty.total_bytes).toBeGreaterThan(empty.free_bytes)
    const fresh = { ...lab.needs, measure: createStorageGauge(() => 0) }
    await lab.point()
    const { used_bytes: used } = await lab.run(inspectRepository(fresh), {
      repositoryId: lab.repository.id,
      action: 'storage',
      neededBytes: 0,
    })
    expect(used).toBeGreaterThan(2 * 1024 * 1024)
  })

  test('too little is refused with the numbers, at the door and before the first byte', async () => {
    const huge = 2 ** 52
    const numbers = {
      code: 'repository-full',
      retry: false,
      facts: { needed_bytes: huge, reserved_bytes: 0 },
    }
    await expect(inspect('check', huge)).rejects.toMatchObject(numbers)
    await expect(inspect('check', 1)).resolves.toMatchObject({ reserved_bytes: 0 })
    const point = await lab.plan(diskContents())
    await expect(lab.reserve(point, 0, huge)).rejects.toMatchObject(numbers)
    expect((await backupById(lab.needs.db, point.id))?.reserved_bytes).toBe(0)
    expect(await readdir(lab.repository.path)).toEqual(['.sendense-repository.json'])
  })

  test('that others have reserved is not given twice, and disks of one job add up', async () => {
    const { free_bytes: free } = await inspect('storage')
    const [a, b] = [await lab.plan(diskContents()), await lab.plan(diskContents())]
    const most = Math.floor(free * 0.6)
    const ask = (point: TestPoint, index: number, neededBytes: number) =>
      lab.reserve(point, index, neededBytes)
    await Promise.all([ask(a, 0, most), ask(a, 1, 1000)])
    await ask(a, 0, most)
    expect((await backupById(lab.needs.db, a.id))?.reserved_bytes).toBe(most + 1000)
    await expect(ask(b, 0, most)).rejects.toMatchObject({
      code: 'repository-full',
      facts: { reserved_bytes: most + 1000 },
    })
    await ask(b, 0, Math.floor(free * 0.1))
    expect((await inspect('storage')).reserved_bytes).toBe(most + 1000 + Math.floor(free * 0.1))
  })

  test('increments that ask at once add up, and an attempt that slept reserves and writes nothing', async () => {
    const { db } = lab.needs
    const point = await lab.plan(diskContents(), await lab.point())
    // As pre-flight leaves them: what is read of a disk is known to its mover only.
    for (const { disk_id: diskId } of point.rows)
      await setDiskPlan(db, { ...{ backupId: point.id, diskId }, ...unknownYet })
    const changed = { readMode: 'changed', readReason: 'the areas that changed', changeId: '52 a/1' } as const
    await Promise.all([lab.reserve(point, 0, 3000, changed), lab.reserve(point, 1, 500, changed)])
    expect((await backupById(db, point.id))?.reserved_bytes).toBe(3500)
    const rows = await disksOfBackup(db, point.id)
    await takeAttempt(db, point.id, point.rows[0]?.disk_id ?? '')
    await expect(
      lab.reserve(point, 0, 7, { ...unknownYet, attemptNo: rows[0]?.attempt_no ?? 0 }),
    ).rejects.toMatchObject({ code: 'attempt-superseded', retry: false })
    expect((await backupById(db, point.id))?.reserved_bytes).toBe(3500)
    expect((await disksOfBackup(db, point.id))[0]).toMatchObject({
      ...{ read_mode: 'changed', change_id: '52 a/1', bytes_total: 3000 },
    })
  })
})
