import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the creation, renaming or removal of `path` durable. */
export const syncDirectoryOf = async (path: string): Promise<void> => {
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
