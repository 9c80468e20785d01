import { readFile, readdir } from 'node:fs/promises'
import type { BackupDetails } from '../../api/contract/backups.js'
import type { Problem } from '../../api/contract/problem.js'
import type { Repository } from '../../domain/repository.js'
import { addLab, addRepository, backupWhen, protect, startBackup, startProduct } from '../testing/product.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import { seeded } from '../../activities/blocks/testing/random.js'
import { mismatchOf } from './read-back.js'

const vm = 'chaos-2'
const MiB = 2 ** 20
const random = seeded('pins')

let product: Product
let context: string
let main: Repository
let other: Repository
/** The key of a disk that sockets cannot buffer as a whole: they grow to 33 MiB on each of the two ways. */
let large: number
const points: Record<string, BackupDetails> = {}

beforeAll(async () => {
  product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
  await product.lab.keepOracle(0)
  const platform = await addLab(product)
  large = await product.lab.addDisk(vm, 128 * MiB)
  for (let at = 0; at < 36; at += 4) await product.lab.write(vm, large, at * MiB, random.bytes(4 * MiB))
  await product.lab.write(vm, 2000, 0, random.bytes(2 * MiB))
  context = await protect(product, platform, vm)
  main = await addRepository(product, 'main')
  other = await addRepository(product, 'other')
}, 600_000)
afterAll(() => product?.[Symbol.asyncDispose]())

const start = (repository: Repository, backup_type: 'auto' | 'full'): Promise<string> =>
  startBackup(product, { vm_context_id: context, repository_id: repository.id, backup_type })
const backUp = async (repository: Repository, type: 'auto' | 'full'): Promise<BackupDetails> => {
  await product.lab.write(vm, 2000, random.int(0, 3) * MiB, random.bytes(100_000))
  const done = await backupWhen(product, await start(repository, type))
  expect(done).toMatchObject({ status: 'completed', cleanup: 'done' })
  return done
}
const point = (name: string): BackupDetails => {
  const found = points[name]
  if (found === undefined) throw new Error(`there is no point ${name}`)
  return found
}
const remove = (name: string, query = '') =>
  product.ask<Partial<Problem>>('DELETE', `/backups/${point(name).id}${query}`)
const isWhole = async (name: string): Promise<void> => {
  expect(await mismatchOf(product, point(name), await product.lab.oracle())).toBeUndefined()
}
const verified = async (name: string): Promise<string | null> => {
  const { id } = point(name)
  await product.call('POST', `/backups/${id}/verify`)
  return (await backupWhen(product, id, ({ verified_at }) => verified_at !== null)).verify_result
}
const filesIn = async ({ path }: Repository): Promise<string[]> =>
  (await readdir(path)).filter((name) => !name.startsWith('.'))

test('while an increment is held in its copy, its base stays, and all else can be verified, read and deleted', async () => {
  points['elsewhere'] = await backUp(other, 'auto')
  points['older'] = await backUp(main, 'full')
  points['full'] = await backUp(main, 'full')
  points['second'] = await backUp(main, 'auto')
  points['third'] = await backUp(main, 'auto')
  expect([point('second').backup_type, point('third').backup_type]).toEqual(['incremental', 'incremental'])

  await product.lab.write(vm, large, 20 * MiB, random.bytes(3 * MiB))
  await product.lab.hold(vm, large, 21 * MiB)
  const running = await start(main, 'auto')
  await until(
    async () => (await product.lab.holds()).some(({ waiting }) => waiting > 0),
    () => 'the copy never came to the hold',
  )
  for (const refused of [await remove('third'), await remove('full', '?chain=true')])
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'point-in-use',
        facts: { backup_id: point('third').id, purpose: 'base', owner: running },
        remedy: expect.stringContaining(running) as string,
      },
    })
  expect(await remove('second')).toMatchObject({ status: 409, body: { code: 'point-has-children' } })
  for (const name of Object.keys(points)) {
    expect(await verified(name)).toBe('good')
    await isWhole(name)
  }
  expect((await remove('older')).status).toBe(204)
  expect((await remove('elsewhere', '?chain=true')).status).toBe(204)
  expect(await filesIn(other)).toEqual([])
  for (const name of ['full', 'second', 'third']) await isWhole(name)

  await product.lab.release()
  points['fourth'] = await backupWhen(product, running)
  expect(point('fourth')).toMatchObject({
    status: 'completed',
    cleanup: 'done',
    backup_type: 'incremental',
    disks: expect.arrayContaining([
      expect.objectContaining({ device_key: large, parent_backup_id: point('third').id }),
    ]) as unknown,
  })
  expect(await verified('fourth')).toBe('good')
  await isWhole('fourth')
}, 900_000)

test('a point that is being downloaded stays until the last byte, and the bytes are right', async () => {
  const disk = point('fourth').disks.find(({ device_key }) => device_key === large)
  const { api, admin_token_file } = await product.endpoints()
  const token = (await readFile(admin_token_file, 'utf8')).trim()
  const url = `${api}/api/v1/backups/${point('fourth').id}/disks/${disk?.disk_id ?? ''}/content`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  const reader = answer.body!.getReader()
  const chunks: Uint8Array[] = [(await reader.read()).value!]
  for (const query of ['', '?chain=true'])
    expect(await remove('fourth', query)).toMatchObject({
      status: 409,
      body: { code: 'point-in-use', facts: { backup_id: point('fourth').id, purpose: 'read' } },
    })
  for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value)
  const copy = (await product.lab.oracle()).find(
    ({ snapshot_name, key }) => key === large && snapshot_name.endsWith(`:${point('fourth').id}`),
  )
  expect(Buffer.concat(chunks).equals(await readFile(copy!.path))).toBe(true)
}, 300_000)

test('with its chain the full goes, and nothing is left of it', async () => {
  expect(await remove('full')).toMatchObject({ status: 409, body: { code: 'point-has-children' } })
  expect((await remove('full', '?chain=true')).status).toBe(204)
  expect(await filesIn(main)).toEqual([])
  for (const name of ['full', 'second', 'third', 'fourth'])
    expect((await product.ask('GET', `/backups/${point(name).id}`)).status).toBe(404)
  points['anew'] = await backUp(main, 'auto')
  expect(point('anew').backup_type).toBe('full')
  await isWhole('anew')
}, 300_000)
