import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { backupPins } from '../../drizzle/schema/backup-pins.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { pinsOn, releasePins, takePins } from '../../drizzle/queries/pins.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import type { TestDatabase } from '../../drizzle/testing/database.js'
import { aVm, registerVm, startBackup } from '../../drizzle/testing/samples.js'
import { openPointReaders } from './point-readers.js'

jest.setTimeout(60_000)

let opened: TestDatabase
let point = ''
beforeAll(async () => {
  opened = await openTestDatabase()
})
beforeEach(async () => {
  const { db } = opened.database
  point = await startBackup(db, await registerVm(db, aVm()))
  await updateBackup(db, point, { status: 'completed' }, ['pending'])
})
afterAll(() => opened[Symbol.asyncDispose]())

const readers = (options = {}) => openPointReaders({ db: opened.database.db, client: {} as Client }, options)
const pins = () => pinsOn(opened.database.db, [point])
const deleter = { owner: 'delete:it', runId: 'run-1', purpose: 'delete' } as const
const remove = () => takePins(opened.database.db, [point], deleter)
const gate = () => {
  let open = (): void => undefined
  return { closed: new Promise<void>((resolve) => (open = resolve)), open: () => open() }
}

test('a point is held while it is read, however often, and a moment longer', async () => {
  await using reading = readers({ lingersMs: 1000 })
  const [first, second] = [gate(), gate()]
  const works = [first, second].map(({ closed }) => reading.whileHeld(point, () => closed))
  const last = reading.whileHeld(point, async () => 'read')
  expect(await last).toBe('read')
  first.open()
  await works[0]
  expect(await pins()).toMatchObject([{ purpose: 'read', runId: null }])
  expect(await remove()).toMatchObject({ kind: 'held', by: [{ purpose: 'read' }] })
  second.open()
  await works[1]
  let answer = await remove()
  for (let tries = 0; answer.kind === 'held' && tries < 50; tries += 1) {
    await sleep(200)
    answer = await remove()
  }
  expect(answer.kind).toBe('taken')
  await expect(reading.whileHeld(point, async () => 'never')).rejects.toMatchObject({ code: 'point-in-use' })
  await releasePins(opened.database.db, deleter)
  expect(await reading.whileHeld(point, async () => 'again')).toBe('again')
})

test('a pin that lasts shorter than the reading is renewed', async () => {
  await using reading = readers({ lastsMs: 1500 })
  const { closed, open } = gate()
  const work = reading.whileHeld(point, () => closed)
  await sleep(4000)
  expect(await remove()).toMatchObject({ kind: 'held' })
  open()
  await work
})

test('a pin that was lost meanwhile is taken again', async () => {
  await using reading = readers({ lastsMs: 900 })
  const { closed, open } = gate()
  const work = reading.whileHeld(point, () => closed)
  while ((await pins()).length === 0) await sleep(50)
  await opened.database.db.delete(backupPins)
  for (let tries = 0; (await pins()).length === 0 && tries < 100; tries += 1) await sleep(100)
  expect(await pins()).toHaveLength(1)
  open()
  await work
})

test('what is gone cannot be read; a failed reading lets go; the end of the process lets go of all', async () => {
  const { db } = opened.database
  {
    await using reading = readers({ lingersMs: 60_000 })
    await expect(reading.whileHeld('gone', async () => 'never')).rejects.toMatchObject({ code: 'not-found' })
    await expect(reading.whileHeld(point, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await reading.whileHeld(point, async () => 'read')
    expect(await pins()).toHaveLength(1)
  }
  expect(await pinsOn(db, [point])).toEqual([])
})

test('whoever comes while the last reader leaves is held for as long as anybody', async () => {
  await using reading = readers({ lastsMs: 60_000, lingersMs: 300 })
  for (let round = 0; round < 20; round += 1) {
    await reading.whileHeld(point, async () => undefined)
    const { closed, open } = gate()
    let isReading = false
    const work = reading.whileHeld(point, () => {
      isReading = true
      return closed
    })
    while (!isReading) await sleep(10)
    await sleep(50)
    expect((await pins())[0]?.leftMs).toBeGreaterThan(30_000)
    open()
    await work
  }
})
