import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { VaultError } from './vault.js'

/**
 * Makes a new key of 32 random bytes that only its owner may read. True when made, false when a file stands there:
 * it is never overwritten, because what it sealed could not be opened again. Whole or absent, even after a crash.
 */
export const createKeyFile = (path: string): boolean => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeDurably(draft)
    try {
      // Unlike a rename, a link fails when the name is taken.
      linkSync(draft, path)
    } finally {
      unlinkSync(draft)
    }
    syncDirectory(dirname(path))
    return true
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    if (code === 'EEXIST') return false
    throw new VaultError('key-file', `The key file ${path} cannot be made (${code})`, cause)
  }
}

const writeDurably = (path: string): void => {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeSync(descriptor, randomBytes(32))
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const syncDirectory = (path: string): void => {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
