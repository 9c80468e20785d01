import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MiB = 2 ** 20

/** A file system of its own that a test can fill up; unmounted when it is disposed of. */
export interface SmallFileSystem extends AsyncDisposable {
  readonly path: string
  freeBytes(): Promise<number>
  /** A file of somebody else takes the room, but for what is to be left. */
  fill(leaveBytes?: number): Promise<void>
  /** That file is gone again. */
  empty(): Promise<void>
}

export const mountSmallFileSystem = async (sizeMib: number): Promise<SmallFileSystem> => {
  const path = await mkdtemp(join(tmpdir(), 'small-'))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=0700`, 'sendense-test', path])
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  }
  const filler = join(path, 'somebody-elses')
  return {
    path,
    freeBytes,
    fill: (leaveBytes = 0) => takeRoom(filler, freeBytes, leaveBytes),
    empty: () => rm(filler, { force: true }),
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', path])
      await rmdir(path)
    },
  }
}

const takeRoom = async (file: string, free: () => Promise<number>, leaveBytes: number): Promise<void> => {
  await using handle = await open(file, 'a')
  const bytes = Buffer.alloc(MiB, 0x55)
  for (let left = await free(); left > leaveBytes; left = await free())
    await handle.write(bytes, 0, Math.min(MiB, left - leaveBytes))
}

/**
 * `test` where a file system can be mounted, else a skip that says why: only root may, and a container may forbid it
 * even to root.
 */
export const testOnSmallFileSystem = (): { readonly it: jest.It; readonly why: string } => {
  const path = mkdtempSync(join(tmpdir(), 'small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'sendense-test', path], { stdio: 'pipe' })
    execFileSync('umount', [path])
    return { it: test, why: '' }
  } catch {
    return { it: test.skip, why: ' [skipped: mounting a file system takes root]' }
  } finally {
    rmdirSync(path)
  }
}
