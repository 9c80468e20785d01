import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that goes when the test's scope ends. */
export const scratch = async (): Promise<AsyncDisposable & { path: (name: string) => string }> => {
  const directory = await mkdtemp(join(tmpdir(), 'blocks-'))
  return {
    path: (name) => join(directory, name),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Reproducible noise without a zero byte, so that no grain of it is mistaken for a hole. */
export const noise = (bytes: number, seed: number): Buffer => {
  const buffer = Buffer.allocUnsafe(bytes)
  let state = seed >>> 0 || 1
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    buffer[i] = (state & 0xff) | 1
  }
  return buffer
}
