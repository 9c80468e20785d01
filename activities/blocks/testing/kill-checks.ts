import { readdir, readFile, rm } from 'node:fs/promises'
import { basename } from 'node:path'

import { readCheckpoint } from '../checkpoint.js'
import { openDigests } from '../digest-reader.js'
import { memoryEnd } from '../memory-end.js'
import { verify } from '../verify.js'
import { hashOf, type KillDisks } from './kill-disks.js'
import type { Copied } from './kill-copy.js'
import type { KillPlan } from './kill-plan.js'
import type { KillStory } from './kill-story.js'
import { run } from './servers.js'

/** Throws what is wrong with the end of a case; its servers have ended. */
export const checkEnd = async (
  plan: KillPlan,
  disks: KillDisks,
  { result, base, struck }: Copied,
  story: KillStory,
): Promise<void> => {
  const { sizeBytes } = plan
  demand(struck > 0, 'nobody was struck')
  demand(plan.strikes[0]?.way === 'pause' || story.interruptions() > 0, 'nobody was interrupted')
  demand(
    result.bytesDone === result.bytesTotal && result.cursor === sizeBytes,
    'the copy says it is not through',
  )
  const checkpoint = await readCheckpoint(`${base}.checkpoint`)
  demand(checkpoint?.cursor === sizeBytes, `the last checkpoint is at ${checkpoint?.cursor} of ${sizeBytes}`)
  const formats = ['-f', 'raw', '-F', disks.targetFormat]
  // Before anything else opens it: a qcow2 that needs repair is repaired by whoever writes to it.
  if (disks.targetFormat === 'qcow2') await run('qemu-img', ['check', disks.targetPath], [0, 3])
  await run('qemu-img', ['compare', ...formats, disks.expectedPath, disks.targetPath])
  if (disks.base !== undefined) {
    await run('qemu-img', ['check', '-q', disks.base.path])
    demand((await hashOf(disks.base.path)) === disks.base.hash, 'the full backup below was written to')
  }
  await checkDigests(disks, `${base}.digests`)
  const [again, allowed] = [story.againBytes(), story.allowedBytes()]
  demand(again <= allowed, `${again} bytes were copied again, ${allowed} would have been right`)
}

/** The digests of the copy, over those of what lies below, against what was to be copied. */
const checkDigests = async ({ expected, base }: KillDisks, path: string): Promise<void> => {
  await using top = await openDigests(path)
  await using below = base === undefined ? undefined : await openDigests(base.digests)
  const digests = below === undefined ? [top] : [top, below]
  const { mismatches, bytesChecked } = await verify({ end: memoryEnd(expected), digests })
  demand(
    bytesChecked === expected.length && mismatches.length === 0,
    `bad digests: ${JSON.stringify(mismatches)}`,
  )
}

const attemptFile = /^attempt-\d+\./

/** What of a case is left: its processes, its sockets, and files that belong to no disk and no attempt. */
export const findLeft = async (directory: string, last: string): Promise<string[]> => {
  const files = await readdir(directory)
  const lastName = `${basename(last)}.`
  // Files of dead attempts go as a whole, as whoever keeps attempts does; those of the last are just these.
  const old = files.filter((name) => attemptFile.test(name) && !name.startsWith(lastName))
  await Promise.all(old.map((name) => rm(`${directory}/${name}`)))
  const known = ['source', 'target', 'expected', 'base', 'base.digests']
  const wanted = [...known, ...['checkpoint', 'digests', 'job'].map((kind) => `${lastName}${kind}`)]
  const sockets = (await readFile('/proc/net/unix', 'utf8'))
    .split('\n')
    .filter((line) => line.includes(directory))
  return [
    ...files
      .filter((name) => !attemptFile.test(name) || name.startsWith(lastName))
      .filter((name) => !wanted.includes(name)),
    ...sockets,
    ...(await processesOf(directory)),
  ]
}

const processesOf = async (directory: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    pids.map(
      async (pid) =>
        `${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')}`,
    ),
  )
  return lines.filter((line) => line.includes(directory))
}

function demand(isTrue: boolean, words: string): void {
  if (!isTrue) throw new Error(words)
}
