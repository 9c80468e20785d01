import { randomFillSync, randomBytes } from 'node:crypto'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../../activities/blocks/testing/servers.js'
import type { Scene } from './cases.js'
import { changedExtents, dataAreas, type Disk } from './disks.js'

/** Where things lie in the folder of one bench. */
export interface Stage {
  readonly folder: string
  readonly source: (disk: Disk) => string
  /** Full qcow2 of the large disk before its changes, with its digests. */
  readonly base: string
  readonly baseDigests: string
  readonly extentList: string
  /** qemu-img takes the folder, and insists on this file name in it. */
  readonly pskFile: string
  readonly pskUser: string
}

export const stageAt = (folder: string): Stage => ({
  folder,
  source: ({ name }) => join(folder, `${name}.raw`),
  base: join(folder, 'base.qcow2'),
  baseDigests: join(folder, 'base', 'digests'),
  extentList: join(folder, 'extents'),
  pskFile: join(folder, 'psk', 'keys.psk'),
  pskUser: 'bench',
})

/** Makes the sources that the scenes need; `copyBase` makes the base of the increments from the large one. */
export const setStage = async (
  stage: Stage,
  scenes: readonly Scene[],
  copyBase: (disk: Disk) => Promise<void>,
): Promise<void> => {
  for (const disk of new Set(scenes.map((scene) => scene.disk))) await makeDisk(stage.source(disk), disk)
  const overlay = scenes.find(({ target }) => target === 'overlay')
  if (overlay !== undefined) {
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', stage.base, String(overlay.disk.sizeBytes)])
    await mkdir(dirname(stage.baseDigests))
    await copyBase(overlay.disk)
    await changeDisk(stage, overlay.disk)
  }
  if (scenes.some(({ tls }) => tls)) {
    await mkdir(dirname(stage.pskFile), { mode: 0o700 })
    await writeFile(stage.pskFile, `${stage.pskUser}:${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  }
}

const makeDisk = async (path: string, disk: Disk): Promise<void> => {
  await using file = await open(path, 'w')
  await file.truncate(disk.sizeBytes)
  const block = Buffer.alloc(disk.areaBytes)
  for (const { offset } of dataAreas(disk)) await file.write(randomFillSync(block), 0, block.length, offset)
  await file.sync()
}

/** Rewrites the changed extents, some with zeros; the list of them is for nbdkit's extentlist filter. */
const changeDisk = async ({ source, extentList }: Stage, disk: Disk): Promise<void> => {
  const extents = changedExtents(disk)
  await using file = await open(source(disk), 'r+')
  for (const { offset, length, zero } of extents)
    await file.write(zero ? Buffer.alloc(length) : randomBytes(length), 0, length, offset)
  await file.sync()
  await writeFile(extentList, extents.map(({ offset, length }) => `${offset} ${length}\n`).join(''))
}
