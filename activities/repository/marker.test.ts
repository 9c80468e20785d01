import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { markerFileName } from './layout.js'
import { checkIdentity, checkMarker, prepareRepository } from './marker.js'
import { storageFailure } from './repository-failures.js'

const now = new Date('2026-01-02T03:04:05.678Z')

describe('the marker of a repository', () => {
  let root = ''
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'marker-'))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const place = (name = 'main', marker = 'marker-1', type: 'local' | 'nfs' = 'local') => ({
    name,
    marker,
    repository_type: type,
    path: path.join(root, 'repository'),
  })

  test('is made with a private directory, and found again', async () => {
    await prepareRepository(place(), now)
    await prepareRepository(place(), new Date())
    await checkMarker(place())
    const directory = place().path
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect(JSON.parse(await readFile(path.join(directory, markerFileName), 'utf8'))).toEqual({
      format: 'sendense-repository',
      version: 1,
      marker: 'marker-1',
      repository: 'main',
      created_at: now.toISOString(),
    })
    expect(await readdir(directory)).toEqual([markerFileName])
  })

  test('of another repository is never replaced, and both are named', async () => {
    await prepareRepository(place(), now)
    const other = place('other', 'marker-2')
    const refused = {
      code: 'repository-marker',
      retry: false,
      facts: { owner: 'main', found: 'marker-1', expected: 'marker-2' },
    }
    await expect(prepareRepository(other, now)).rejects.toMatchObject(refused)
    await expect(checkMarker(other)).rejects.toMatchObject(refused)
    await checkMarker(place())
  })

  test('of two repositories prepared at once in one directory, exactly one stays', async () => {
    const both = [place('a', 'marker-a'), place('b', 'marker-b')]
    const ended = await Promise.allSettled(both.map((one) => prepareRepository(one, now)))
    const owners = await Promise.allSettled(both.map((one) => checkMarker(one)))
    expect(owners.filter((end) => end.status === 'fulfilled')).toHaveLength(1)
    owners.forEach((owner, index) => {
      if (owner.status === 'fulfilled') expect(ended[index]?.status).toBe('fulfilled')
    })
  })

  test('missing means an unmounted share: nothing is written there', async () => {
    await mkdir(place().path)
    await expect(checkMarker(place())).rejects.toMatchObject({
      code: 'repository-marker',
      message: /is the share mounted\?/,
    })
    expect(await readdir(place().path)).toEqual([])
  })

  test('a directory with files of others is adopted and they stay', async () => {
    await mkdir(place().path)
    await writeFile(path.join(place().path, 'notes.txt'), 'mine')
    await prepareRepository(place(), now)
    expect((await readdir(place().path)).sort()).toEqual([markerFileName, 'notes.txt'])
  })

  test('a missing directory is said so, and a share is never made', async () => {
    await expect(checkMarker(place())).rejects.toMatchObject({ code: 'repository-missing' })
    await expect(prepareRepository(place('share', 'm', 'nfs'), now)).rejects.toMatchObject({
      code: 'repository-missing',
    })
    expect(await readdir(root)).toEqual([])
  })

  test.each(['', 'not json', '{"format":"sendense-repository","version":2,"marker":"marker-1"}'])(
    'that reads %j is refused and kept',
    async (text) => {
      await mkdir(place().path)
      const file = path.join(place().path, markerFileName)
      await writeFile(file, text)
      await expect(checkIdentity(place())).rejects.toMatchObject({ code: 'repository-marker' })
      await expect(prepareRepository(place(), now)).rejects.toMatchObject({ code: 'repository-marker' })
      expect(await readFile(file, 'utf8')).toBe(text)
    },
  )

  test.each(['relative/path', '/', '/x/..', '/a\0b', '/proc/none/here', '/sys'])(
    'the path %j is refused',
    async (bad) => {
      await expect(prepareRepository({ ...place(), path: bad }, now)).rejects.toMatchObject({
        code: 'bad-request',
      })
    },
  )

  test.each([
    ['EROFS', 'repository-read-only'],
    ['EACCES', 'repository-read-only'],
    ['ENOSPC', 'repository-full'],
    ['EDQUOT', 'repository-full'],
    ['ENOENT', 'repository-missing'],
    ['EIO', 'write-failed'],
  ])('%s of the file system is %s', (code, expected) => {
    expect(storageFailure(place(), Object.assign(new Error(code), { code }))).toMatchObject({
      code: expected,
    })
  })
})
