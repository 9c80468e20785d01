import { openDigests } from '../digest-reader.js'
import type { DigestReader } from '../digests.js'
import { UsageError } from './usage-error.js'

export interface DigestLayers extends AsyncDisposable {
  /** Nearest layer first, the root last. */
  readonly readers: readonly DigestReader[]
}

/** Opens the digest files of a chain, all or none. Throws a UsageError where they do not end at a root. */
export const openLayers = async (paths: readonly string[]): Promise<DigestLayers> => {
  const readers: DigestReader[] = []
  const close = async (): Promise<void> =>
    void (await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]())))
  try {
    for (const path of paths) readers.push(await openDigests(path))
    // A block that no file knows counts as zeros: right only below a root.
    const last = readers.at(-1)
    if (last !== undefined && last.kind !== 'root')
      throw new UsageError(
        `${last.path} is of an overlay: the digest files of the layers below it must follow.`,
      )
    return { readers, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
