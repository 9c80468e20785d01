import type { EndError } from '../errors.js'
import { info, optionReply } from './constants.js'
import { readSize, sized, type OptionReply } from './option-talk.js'

/** In bytes: what offsets and lengths are multiples of, what the server likes best, and its largest payload. */
export interface BlockSizes {
  readonly minBlockBytes: number
  readonly preferredBlockBytes: number
  readonly maxBlockBytes: number
}

// What a client may assume of a server that states no block sizes (protocol: 4 KiB preferred, 32 MiB payloads; 512
// minimum to be safe). Servers without block sizes in the field (old nbdkit, nbd-server) take any offset, so 1 is right.
export const defaultBlocks: BlockSizes = {
  minBlockBytes: 1,
  preferredBlockBytes: 4096,
  maxBlockBytes: 32 * 1024 * 1024,
}

type ErrorOf = (errno: string, detail: string) => EndError

/** The request of GO and INFO: the name, and which facts besides size and flags. */
export const goRequest = (exportName: string, wanted: readonly number[] = [info.blockSize]): Buffer => {
  const infos = Buffer.alloc(2 + 2 * wanted.length)
  infos.writeUInt16BE(wanted.length, 0)
  wanted.forEach((kind, i) => infos.writeUInt16BE(kind, 2 + 2 * i))
  return Buffer.concat([sized(exportName), infos])
}

export const findInfo = (replies: readonly OptionReply[], kind: number, bytes: number): Buffer | undefined =>
  replies.find(
    ({ type, data }) => type === optionReply.info && data.length >= bytes && data.readUInt16BE(0) === kind,
  )?.data

/** Size, flags and block sizes from the replies to GO or INFO. */
export const readInfos = (replies: readonly OptionReply[], error: ErrorOf) => {
  const about = findInfo(replies, info.export, 12)
  if (about === undefined) throw error('EPROTO', 'the server did not say the size of the export')
  const block = findInfo(replies, info.blockSize, 14)
  return {
    sizeBytes: readSize(about, 2, error),
    flags: about.readUInt16BE(10),
    ...(block === undefined ? defaultBlocks : readBlocks(block, error)),
  }
}

const readBlocks = (block: Buffer, error: ErrorOf): BlockSizes => {
  const minBlockBytes = Math.max(block.readUInt32BE(2), 1)
  const preferredBlockBytes = block.readUInt32BE(6)
  const maxBlockBytes = block.readUInt32BE(10)
  const isPower = (minBlockBytes & (minBlockBytes - 1)) === 0
  if (!isPower || minBlockBytes > 65_536 || maxBlockBytes < minBlockBytes)
    throw error('EPROTO', `the server names block sizes that cannot be: ${minBlockBytes} to ${maxBlockBytes}`)
  return {
    minBlockBytes,
    preferredBlockBytes: Math.max(preferredBlockBytes, minBlockBytes),
    // Larger payloads are legal with some servers; beyond 32 MiB any may hang up.
    maxBlockBytes: Math.min(maxBlockBytes, defaultBlocks.maxBlockBytes),
  }
}
