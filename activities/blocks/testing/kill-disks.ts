import { open, readFile } from 'node:fs/promises'

import { blake3 } from '@napi-rs/blake-hash'

import { openDigestWriter } from '../digest-writer.js'
import { digestGrain } from '../digests.js'
import type { Extent } from '../end.js'
import { grainBytes, subtractExtents, widenExtents } from '../extents.js'
import { fillRegion, type Region } from './disk-layout.js'
import { extentsOf, type KillPlan } from './kill-plan.js'
import { seeded } from './random.js'
import { run } from './servers.js'

/** The disks of a case, made without the engine's help. */
export interface KillDisks {
  /** What the target must read as in the end. */
  readonly expected: Buffer
  readonly expectedPath: string
  readonly sourcePath: string
  readonly targetPath: string
  readonly targetFormat: 'raw' | 'qcow2'
  /** Of an overlay: the full backup below it, and its digests. */
  readonly base?: { readonly path: string; readonly digests: string; readonly hash: string }
}

export const makeDisks = async (plan: KillPlan, path: (name: string) => string): Promise<KillDisks> => {
  const { seed, sizeBytes, layout, changes, format } = plan
  const random = seeded(`content ${seed}`)
  const disk = Buffer.alloc(sizeBytes)
  for (const region of layout) fillRegion(random, disk, region)
  const sourcePath = path('source')
  await writeSparse(sourcePath, disk, layout)
  const targetFormat = format === 'raw' || format === 'lossy' ? 'raw' : 'qcow2'
  const made = { expected: disk, sourcePath, targetPath: path('target'), targetFormat } as const
  const create = ['create', '-q', '-f', targetFormat]
  if (format !== 'overlay') {
    await run('qemu-img', [...create, made.targetPath, `${sizeBytes}`])
    if (plan.isUsed)
      await writeSparse(made.targetPath, random.bytes(sizeBytes), [{ ...whole(plan), kind: 'data' }])
    return { ...made, expectedPath: sourcePath }
  }
  const base = path('base')
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', sourcePath, base])
  await run('qemu-img', [...create, '-b', base, '-F', 'qcow2', made.targetPath, `${sizeBytes}`])
  await writeDigests(path('base.digests'), disk)
  for (const region of changes)
    // Some of what is said to have changed is as it was.
    if (region.kind === 'data' || random.percent(80)) fillRegion(random, disk, region)
  const expectedPath = path('expected')
  await writeSparse(expectedPath, disk, [...layout, ...changes.map(filled)])
  await spoil(sourcePath, disk, plan)
  if (random.percent(50)) await run('fallocate', ['--dig-holes', sourcePath])
  return {
    ...made,
    expectedPath,
    base: { path: base, digests: path('base.digests'), hash: await hashOf(base) },
  }
}

export const hashOf = async (path: string): Promise<string> => blake3(await readFile(path)).toString('hex')

const whole = ({ sizeBytes }: KillPlan): Extent => ({ offset: 0, length: sizeBytes })
const filled = (region: Region): Region => ({ ...region, kind: 'data' })

const writeSparse = async (path: string, disk: Buffer, regions: readonly Region[]): Promise<void> => {
  const file = await open(path, 'a+').then(async (made) => (await made.close(), open(path, 'r+')))
  try {
    await file.truncate(disk.length)
    for (const { offset, length, kind } of regions)
      if (kind !== 'hole') await file.write(disk, offset, length, offset)
  } finally {
    await file.close()
  }
}

/** The source as it is now, and something else wherever nobody may look: outside of what has changed. */
const spoil = async (path: string, disk: Buffer, plan: KillPlan): Promise<void> => {
  const changed = widenExtents(extentsOf(plan), plan.sizeBytes)
  const file = await open(path, 'r+')
  try {
    for (const { offset, length } of changed) await file.write(disk, offset, length, offset)
    for (const { offset } of subtractExtents([whole(plan)], changed))
      await file.write(Buffer.alloc(512, 0xee), 0, 512, offset)
  } finally {
    await file.close()
  }
}

const writeDigests = async (path: string, disk: Buffer): Promise<void> => {
  await using digests = await openDigestWriter(path, { sizeBytes: disk.length, kind: 'root' })
  for (let at = 0; at < disk.length; at += grainBytes)
    digests.add(at / grainBytes, digestGrain(disk.subarray(at, Math.min(at + grainBytes, disk.length))))
  await digests.finish()
}
