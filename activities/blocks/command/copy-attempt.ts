import { rename, rm } from 'node:fs/promises'

import { readCheckpoint, type Checkpoint } from '../checkpoint.js'
import { openDigestWriter, resumeDigestWriter } from '../digest-writer.js'
import type { DigestWriter } from '../digests.js'
import { syncDirectoryOf } from '../sync-directory.js'
import type { CopyArguments } from './arguments.js'

/** The files of one copy over all its attempts. */
export interface CopyAttempt extends AsyncDisposable {
  /** Undefined where none were asked for. */
  readonly digests: DigestWriter | undefined
  readonly resumeFrom: Checkpoint | undefined
  /** Seals the digests and puts them in their place; the copy is over, so its checkpoint goes. */
  finish(): Promise<void>
}

/** Digests grow here; they get their name when they are whole. */
export const partialPath = (digests: string): string => `${digests}.partial`

/**
 * Goes on from the checkpoint where there is one, else begins anew. Safe to be killed at any moment: the digests so far
 * are copied beside, and take the old file's name when they are durable; either one serves the old checkpoint.
 */
export const openAttempt = async (args: CopyArguments, sizeBytes: number): Promise<CopyAttempt> => {
  const { checkpoint, digests: path } = args
  const resumeFrom = checkpoint === undefined ? undefined : await readCheckpoint(checkpoint)
  const digests = await openWriter(args, sizeBytes, resumeFrom)
  return {
    digests,
    resumeFrom,
    async finish() {
      await digests?.finish()
      // Checkpoint first: one without its digests could not be gone on from.
      if (checkpoint !== undefined) {
        await rm(checkpoint, { force: true })
        await syncDirectoryOf(checkpoint)
      }
      if (path === undefined) return
      await rename(partialPath(path), path)
      await syncDirectoryOf(path)
    },
    [Symbol.asyncDispose]: async () => digests?.[Symbol.asyncDispose](),
  }
}

const openWriter = async (
  { digests: path, over }: CopyArguments,
  sizeBytes: number,
  resumeFrom: Checkpoint | undefined,
): Promise<DigestWriter | undefined> => {
  if (path === undefined) return undefined
  const options = { sizeBytes, kind: over.length > 0 ? 'overlay' : 'root' } as const
  const partial = partialPath(path)
  if (resumeFrom === undefined) return openDigestWriter(partial, options)
  const next = `${partial}.next`
  const { digestBytes } = resumeFrom
  const writer = await resumeDigestWriter(next, { path: partial, digestBytes }, options)
  try {
    await rename(next, partial)
    await syncDirectoryOf(partial)
    return writer
  } catch (error) {
    await writer[Symbol.asyncDispose]()
    throw error
  }
}
