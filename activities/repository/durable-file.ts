import { randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'

/** Makes names in a directory durable (created, renamed and removed entries). */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a file's bytes durable. */
export const syncFile = async (file: string): Promise<void> => {
  const handle = await open(file, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Replaces a file so that a crash leaves either the old or the new content, never a part: temporary file, fsync,
 * rename, fsync of the directory. Mode 0600.
 */
export const writeDurably = (file: string, content: string): Promise<void> =>
  throughTemporary(file, content, (temporary) => rename(temporary, file))

/**
 * As `writeDurably`, but a file of that name stays what it is: true if this call made it. File systems without
 * hard links (CIFS) give no such promise; there the last of two writers at the same instant wins.
 */
export const createDurably = async (file: string, content: string): Promise<boolean> => {
  let created = true
  await throughTemporary(file, content, async (temporary) => {
    try {
      await link(temporary, file)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EEXIST') created = false
      else if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS')
        await rename(temporary, file)
      else throw error
    }
  })
  return created
}

const throughTemporary = async (
  file: string,
  content: string,
  place: (temporary: string) => Promise<void>,
): Promise<void> => {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await place(temporary)
  } finally {
    await rm(temporary, { force: true })
  }
  await syncDirectory(path.dirname(file))
}

/** The `code` of a system error (`ENOENT`, `EROFS`, …), or undefined. */
export const errorCode = (error: unknown): string | undefined => {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

export const isMissing = (error: unknown): boolean => {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}
