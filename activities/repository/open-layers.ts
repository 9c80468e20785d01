import { openDigests } from '../blocks/digest-reader.js'
import type { DigestReader } from '../blocks/digests.js'
import type { Layer } from './image-chain.js'

/** The open digest files of a chain, nearest first. */
export interface OpenLayers extends AsyncDisposable {
  readonly readers: readonly DigestReader[]
}

/** Rejects with a DigestFileError or the file system's error; what was opened is closed then. */
export const openLayers = async (layers: readonly Layer[]): Promise<OpenLayers> => {
  const readers: DigestReader[] = []
  const close = async (): Promise<void> => {
    for (const reader of readers) await reader[Symbol.asyncDispose]()
  }
  try {
    for (const layer of layers) readers.push(await openDigests(layer.digests))
    return { readers, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
