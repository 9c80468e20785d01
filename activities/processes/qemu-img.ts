import { basename, dirname } from 'node:path'

import type { ChildOwner } from './child-record.js'
import type { Guard } from './open-guard.js'
import { ProcessError } from './process-error.js'
import { runProgram, type ProgramOutput } from './run-program.js'

export interface QemuImgOptions {
  readonly guard: Guard
  readonly owner: ChildOwner
  readonly program?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export interface CreateOptions extends QemuImgOptions {
  /** The parent image, relative to the new one's directory, so that the folder can move. */
  readonly backing?: string
}

/** Arguments for `qemu-img create`, to be run in the image's directory. 64 KiB clusters are the copy's grain. */
export const createQcow2Args = (name: string, sizeBytes: number, backing?: string): string[] => [
  'create',
  '-q',
  '-f',
  'qcow2',
  '-o',
  'cluster_size=65536,lazy_refcounts=off',
  ...(backing === undefined ? [] : ['-b', backing, '-F', 'qcow2']),
  // A leading dash or a colon in a name would be read as an option or a protocol.
  `./${name}`,
  String(sizeBytes),
]

/** Creates an image of `sizeBytes`; one that stands there is replaced. Rejects with a ProcessError. */
export const createQcow2 = async (path: string, sizeBytes: number, options: CreateOptions): Promise<void> => {
  if (options.backing?.startsWith('/') === true)
    throw new ProcessError('qemu-img', 'failed', 'the parent of an image is named relative to it')
  const args = createQcow2Args(basename(path), sizeBytes, options.backing)
  const { code, stderrTail } = await qemuImg(args, dirname(path), options)
  if (code !== 0) throw failed('create', path, code, stderrTail)
}

export interface ImageCheck {
  readonly isClean: boolean
  readonly corruptions: number
  /** Clusters that are counted and not used: harmless, they only take room. */
  readonly leaks: number
}

/** `qemu-img check`, read-only. Rejects with a ProcessError where the image cannot be checked at all. */
export const qemuImgCheck = async (path: string, options: QemuImgOptions): Promise<ImageCheck> => {
  const args = ['check', '-f', 'qcow2', '--output=json', `./${basename(path)}`]
  const { code, stdout, stderrTail } = await qemuImg(args, dirname(path), options)
  // 0 clean, 2 corrupt, 3 leaks only; everything else says that there is no result.
  if (code !== 0 && code !== 2 && code !== 3) throw failed('check', path, code, stderrTail)
  const found = JSON.parse(stdout) as { corruptions?: number; leaks?: number }
  return { isClean: code === 0, corruptions: found.corruptions ?? 0, leaks: found.leaks ?? 0 }
}

let runs = 0

const qemuImg = (args: string[], cwd: string, options: QemuImgOptions): Promise<ProgramOutput> => {
  const { guard, owner, program = 'qemu-img', signal, timeoutMs = 600_000 } = options
  const name = `qemu-img-${process.pid}-${++runs}`
  return runProgram({ guard, owner, program, args, name, cwd, timeoutMs, ...(signal ? { signal } : {}) })
}

const failed = (what: string, path: string, exitCode: number | null, stderrTail: string): ProcessError =>
  new ProcessError('qemu-img', 'failed', `${what} ${path} ended with status ${exitCode}`, {
    exitCode,
    stderrTail,
  })
