import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Case, PeerName, Scene } from './cases.js'
import { changedExtents, dataAreas } from './disks.js'
import type { CopyJob, ReadJob } from './job.js'
import type { Command } from './measure.js'
import { nbdcopyCommand, qemuImgCommand, sourceUri, type Sockets } from './peers.js'
import type { Stage } from './stage.js'

export interface Bench {
  readonly stage: Stage
  readonly signal: AbortSignal
  /** Where peers from npm are installed. */
  readonly packages: string
}

/** One of our cases, or a peer. */
export type Contender = Case | PeerName

export const nameOf = (contender: Contender): string =>
  typeof contender === 'string' ? contender : contender.name

export interface Commands {
  readonly all: readonly Command[]
  /** It is one Node process, and says itself what it took: see `measuredJob`. */
  readonly fromInside: boolean
}

/** What a contender runs: one process a copy, or one of ours for all copies. */
export const commandsOf = async (
  { stage, packages }: Bench,
  scene: Scene,
  contender: Contender,
  { sockets, folder }: { readonly sockets: readonly Sockets[]; readonly folder: string },
): Promise<Commands> => {
  switch (contender) {
    case 'nbdcopy':
      return { all: sockets.map((pair) => nbdcopyCommand(stage, scene, pair)), fromInside: false }
    case 'qemu-img':
      return { all: sockets.map((pair) => qemuImgCommand(stage, scene, pair)), fromInside: false }
    case '@vates/nbd-client': {
      const file = await writeJob(folder, readJob(scene, sockets[0]!.source))
      return { all: [node('vates-process.ts', file, packages)], fromInside: true }
    }
    default: {
      const job =
        scene.target === 'none'
          ? readJob(scene, sockets[0]!.source)
          : copyJob(stage, scene, sockets, await fileFolders(folder, sockets.length), contender.digests)
      return { all: [await ourCommand(folder, job)], fromInside: true }
    }
  }
}

export const ourCommand = async (folder: string, job: CopyJob | ReadJob): Promise<Command> =>
  node('our-process.ts', await writeJob(folder, job))

/** Digests and checkpoint of each copy go into the one of `folders` that has its number. */
export const copyJob = (
  stage: Stage,
  scene: Scene,
  sockets: readonly Sockets[],
  folders: readonly string[],
  digests: boolean,
): CopyJob => {
  const { disk, target } = scene
  const isIncrement = target === 'overlay'
  return {
    kind: 'copy',
    copies: sockets.map((pair, i) => ({
      source: sourceUri(stage, scene, pair.source),
      target: pair.target ?? '',
      files: folders[i]!,
    })),
    extents: isIncrement ? changedExtents(disk) : [{ offset: 0, length: disk.sizeBytes }],
    digests,
    fresh: !isIncrement,
    ...(isIncrement && digests && { previous: stage.baseDigests }),
  }
}

const readJob = ({ disk }: Scene, socketPath: string): ReadJob => ({
  kind: 'read',
  socketPath,
  areas: dataAreas(disk),
  requestBytes: 2 ** 20,
})

const fileFolders = async (folder: string, count: number): Promise<string[]> => {
  const folders = Array.from({ length: count }, (_, i) => join(folder, `files-${i}`))
  for (const one of folders) await mkdir(one)
  return folders
}

// By file: 1,300 extents are more than a command line should hold.
const writeJob = async (folder: string, job: CopyJob | ReadJob): Promise<string> => {
  const file = join(folder, 'job.json')
  await writeFile(file, JSON.stringify(job))
  return file
}

const node = (file: string, ...args: readonly string[]): Command => ({
  program: process.execPath,
  args: ['--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args],
})
