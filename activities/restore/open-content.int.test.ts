import { readFile, readdir, rm } from 'node:fs/promises'
import { readRecords } from '../processes/child-record.js'
import { contentTokenOf, openPointLab, diskContents } from '../repository/testing/point-lab.js'
import type { PointLab, TestPoint } from '../repository/testing/point-lab.js'
import { openContent } from './open-content.js'

jest.setTimeout(60_000)

/** As the API asks: the answer's URL, and the token that its reader knows. */
const opened = async (lab: PointLab, point: TestPoint, index: number) => {
  const { url, sizeBytes } = await lab.run(openContent(lab.needs), {
    backupId: point.id,
    repositoryId: lab.repository.id,
    diskId: point.rows[index]?.disk_id ?? '',
  })
  return { url: `${url}/${contentTokenOf(new URL(url).pathname.slice(1))}`, sizeBytes }
}

const children = (lab: PointLab) => readRecords(lab.needs.guard.stateDir)

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a disk of a point reads as qemu-img converts it, whole and in parts, through its chain', async () => {
  await using lab = await openPointLab()
  const full = await lab.point()
  const child = await lab.point(diskContents(), full)
  for (const point of [full, child]) {
    for (const [index, written] of point.contents.entries()) {
      const { url, sizeBytes } = await opened(lab, point, index)
      const raw = await lab.convert(lab.files(point, index).image)
      expect(raw.equals(written)).toBe(true)
      expect(sizeBytes).toBe(raw.length)
      expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(raw)).toBe(true)
      for (const [from, to] of [
        [0, 0],
        [511, 513],
        [1_048_000, 1_049_000],
        [raw.length - 1, raw.length - 1],
      ] as const) {
        const part = await fetch(url, { headers: { range: `bytes=${from}-${to}` } })
        expect(part.status).toBe(206)
        expect(Buffer.from(await part.arrayBuffer()).equals(raw.subarray(from, to + 1))).toBe(true)
      }
    }
  }
})

test('two requests share one server, and nothing is left of it when nobody reads', async () => {
  await using lab = await openPointLab({ idleMs: 200 })
  const point = await lab.point()
  const [first, second] = [await opened(lab, point, 0), await opened(lab, point, 0)]
  expect(first.url).not.toBe(second.url)
  const [server, ...others] = await children(lab)
  if (server === undefined) throw new Error('no server is recorded')
  expect(others).toEqual([])
  expect(isAlive(server.pid)).toBe(true)
  while ((await children(lab)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(isAlive(server.pid)).toBe(false)
  expect((await readdir(lab.needs.runDir)).filter((name) => name.endsWith('.sock'))).toEqual([])
  expect((await fetch((await opened(lab, point, 0)).url)).status).toBe(200)
})

test('nothing is left when the content server is closed', async () => {
  const lab = await openPointLab()
  const { pids } = await (async () => {
    await using _lab = lab
    const point = await lab.point()
    await opened(lab, point, 0)
    await opened(lab, point, 1)
    const pids = (await children(lab)).map(({ pid }) => pid)
    await lab.needs.content[Symbol.asyncDispose]()
    expect(await children(lab)).toEqual([])
    return { pids }
  })()
  expect(pids).toHaveLength(2)
  expect(pids.filter(isAlive)).toEqual([])
})

test('a killed server is replaced at the next request', async () => {
  await using lab = await openPointLab()
  const point = await lab.point()
  const { url } = await opened(lab, point, 0)
  const [server] = await children(lab)
  process.kill(server?.pid ?? 0, 'SIGKILL')
  while (isAlive(server?.pid ?? 0)) await new Promise((resolve) => setTimeout(resolve, 20))
  await fetch(url)
    .then((broken) => broken.arrayBuffer())
    .catch(() => undefined)
  const again = Buffer.from(await (await fetch(url)).arrayBuffer())
  expect(again.equals(point.contents[0] ?? Buffer.alloc(0))).toBe(true)
})

test('a reader does not change the image', async () => {
  await using lab = await openPointLab()
  const point = await lab.point()
  const { image } = lab.files(point, 0)
  const before = await readFile(image)
  await (await fetch((await opened(lab, point, 0)).url)).arrayBuffer()
  expect((await readFile(image)).equals(before)).toBe(true)
})

test('what cannot be read is refused by name', async () => {
  await using lab = await openPointLab()
  const point = await lab.point()
  const running = await lab.plan(diskContents())
  await expect(opened(lab, running, 0)).rejects.toMatchObject({ code: 'conflict' })
  const ids = { repositoryId: lab.repository.id, diskId: '../../etc/passwd' }
  await expect(lab.run(openContent(lab.needs), { ...ids, backupId: point.id })).rejects.toMatchObject({
    code: 'not-found',
  })
  await expect(lab.run(openContent(lab.needs), { ...ids, backupId: '../x' })).rejects.toMatchObject({
    code: 'not-found',
  })
  await rm(lab.files(point, 1).image)
  await expect(opened(lab, point, 1)).rejects.toMatchObject({ code: 'point-damaged', retry: false })
  expect(await children(lab)).toEqual([])
})
