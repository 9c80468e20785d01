import { open, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { backupById } from '../../drizzle/queries/backups.js'
import { recordUnverified } from '../catalog/records.js'
import { readRecords } from '../processes/child-record.js'
import { manifestPath } from './layout.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'
import { verifyBackup } from './verify-backup.js'

jest.setTimeout(60_000)

let lab: PointLab
beforeEach(async () => {
  lab = await openPointLab()
})
afterEach(() => lab[Symbol.asyncDispose]())

const manifestFile = (point: TestPoint): string =>
  manifestPath(lab.repository.path, lab.registered.context.id, point.id)

const verified = (point: TestPoint) =>
  lab.run(verifyBackup(lab.needs), { backupId: point.id, repositoryId: lab.repository.id, vmName: 'pgtest2' })

describe('verify', () => {
  const damaged = async (point: TestPoint, detail: RegExp): Promise<void> => {
    expect(await verified(point)).toMatchObject({
      result: 'damaged',
      detail: expect.stringMatching(detail) as string,
    })
    const row = await backupById(lab.needs.db, point.id)
    expect(row).toMatchObject({
      verify_result: 'damaged',
      verify_detail: expect.stringMatching(detail) as string,
    })
  }

  test('finds a sound point good, alone and through its chain, and records it', async () => {
    const full = await lab.point()
    const child = await lab.point(diskContents(), full)
    for (const point of [full, child]) {
      expect(await verified(point)).toMatchObject({ result: 'good' })
      const row = await backupById(lab.needs.db, point.id)
      expect(row).toMatchObject({ verify_result: 'good' })
      expect(row?.verified_at).not.toBeNull()
    }
    expect(await readRecords(lab.needs.guard.stateDir)).toEqual([])
  })

  test('finds one flipped bit in the data and says on which disk and where', async () => {
    const point = await lab.point()
    const { image } = lab.files(point, 0)
    const bytes = await readFile(image)
    const [content] = point.contents
    const at = bytes.indexOf(content?.subarray(0, 4096) ?? '')
    expect(at).toBeGreaterThan(0)
    const file = await open(image, 'r+')
    await file.write(Buffer.from([(bytes[at + 70_000] ?? 0) ^ 1]), 0, 1, at + 70_000)
    await file.close()
    await damaged(point, /^Hard disk 1: 65536 bytes differ, the first 65536 of them at offset 65536$/)
  })

  test.each([
    [
      'a digest file cut short',
      async (files: { digests: string }) => truncate(files.digests, 8192),
      /the digest file of .* is not the one that was committed/,
    ],
    ['a digest file that is gone', async (files: { digests: string }) => rm(files.digests), /is not there/],
    ['an image that is gone', async (files: { image: string }) => rm(files.image), /cannot be opened/],
    [
      'an image that is none',
      async (files: { image: string }) => writeFile(files.image, 'no qcow2'),
      /cannot be opened/,
    ],
  ])('finds %s', async (_name, harm, detail) => {
    const point = await lab.point()
    await harm(lab.files(point, 1))
    await damaged(point, detail)
    await damaged(point, /^Hard disk 2: /)
  })

  test('finds a manifest that is gone, and a missing link of a chain', async () => {
    const full = await lab.point()
    const child = await lab.point(diskContents(), full)
    await rm(manifestFile(full))
    await damaged(full, /manifest .* is gone/)
    await damaged(child, /is stored over is not there/)
    // A verification that could not be told takes no damage back.
    const unverified = recordUnverified({ db: lab.needs.db, now: () => new Date() })
    await unverified({ backupId: full.id, reason: 'the share was away' })
    expect((await backupById(lab.needs.db, full.id))?.verify_result).toBe('damaged')
  })

  test('cannot tell while the share is away: an error, and the last result stays', async () => {
    const point = await lab.point()
    await verified(point)
    await rename(lab.repository.path, `${lab.repository.path}.away`)
    await expect(verified(point)).rejects.toMatchObject({ code: 'repository-missing' })
    expect((await backupById(lab.needs.db, point.id))?.verify_result).toBe('good')
  })

  test('refuses a backup that is no point', async () => {
    const point = await lab.plan(diskContents())
    await expect(verified(point)).rejects.toMatchObject({ code: 'conflict' })
  })
})
