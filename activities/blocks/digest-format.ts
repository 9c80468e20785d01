import { blake3 } from '@napi-rs/blake-hash'

import type { DigestKind, DigestRecord, DigestTotals } from './digests.js'
import { grainBytes } from './extents.js'

/*
 * A digest file is pages of 4 KiB: one header, record pages, one trailer. Every page ends with a BLAKE3 of the
 * file's id and the page, so a page is checked when it is read and never has to be trusted before; a page of
 * another file does not pass. Records are 40 bytes in ascending block order: block (5 bytes), run (3 bytes: 0 =
 * one block of data, n = n blocks of zeros) and the digest. Sorted records and binary search, not a dense index:
 * an overlay of 1 % and a 10 TiB sparse root stay small (a dense index of 10 TiB is 5 GiB), and a page search of a
 * 4 TiB disk is 20 steps, nearly always answered by the page before.
 */
export const pageBytes = 4096
export const recordsPerPage = 101
export const maxZeroRun = 0xffffff

const formatVersion = 1
const checksumAt = pageBytes - 32
const recordBytes = 40
const recordsAt = 16
const fileMagic = Buffer.from('SDDIGEST', 'latin1')
const recordMagic = 0x53445047
const trailerMagic = 0x53444e44
const kinds: readonly DigestKind[] = ['root', 'overlay']

export interface DigestHeader {
  readonly sizeBytes: number
  readonly kind: DigestKind
  /** 16 random bytes; keys every checksum of the file. */
  readonly fileId: Buffer
}

export type HeaderProblem = 'foreign' | 'version' | 'damaged'

export const encodeHeader = ({ sizeBytes, kind, fileId }: DigestHeader): Buffer => {
  const page = Buffer.alloc(pageBytes)
  fileMagic.copy(page)
  page.writeUInt32BE(formatVersion, 8)
  page.writeUInt32BE(grainBytes, 12)
  page.writeBigUInt64BE(BigInt(sizeBytes), 16)
  page.writeUInt8(kinds.indexOf(kind), 24)
  fileId.copy(page, 32)
  return seal(page, fileId)
}

export const decodeHeader = (page: Buffer): DigestHeader | HeaderProblem => {
  if (!page.subarray(0, 8).equals(fileMagic)) return 'foreign'
  if (page.readUInt32BE(8) !== formatVersion) return 'version'
  const fileId = Buffer.from(page.subarray(32, 48))
  const kind = kinds[page.readUInt8(24)]
  if (!isSealed(page, fileId) || kind === undefined || page.readUInt32BE(12) !== grainBytes) return 'damaged'
  return { sizeBytes: Number(page.readBigUInt64BE(16)), kind, fileId }
}

export const encodeRecords = (
  records: readonly DigestRecord[],
  pageNumber: number,
  fileId: Buffer,
): Buffer => {
  const page = Buffer.alloc(pageBytes)
  page.writeUInt32BE(recordMagic, 0)
  page.writeUInt32BE(pageNumber, 4)
  page.writeUInt16BE(records.length, 8)
  records.forEach(({ block, count, digest }, index) => {
    const at = recordsAt + index * recordBytes
    page.writeUIntBE(block, at, 5)
    page.writeUIntBE(digest === 'zero' ? count : 0, at + 5, 3)
    if (digest !== 'zero') digest.copy(page, at + 8)
  })
  return seal(page, fileId)
}

/** Undefined where the page is not what was written as record page `pageNumber` of this file. */
export const decodeRecords = (
  page: Buffer,
  pageNumber: number,
  fileId: Buffer,
): DigestRecord[] | undefined => {
  const count = page.readUInt16BE(8)
  if (page.readUInt32BE(0) !== recordMagic || page.readUInt32BE(4) !== pageNumber) return undefined
  if (count === 0 || count > recordsPerPage || !isSealed(page, fileId)) return undefined
  return Array.from({ length: count }, (_, index) => {
    const at = recordsAt + index * recordBytes
    const run = page.readUIntBE(at + 5, 3)
    const digest = run > 0 ? 'zero' : page.subarray(at + 8, at + recordBytes)
    return { block: page.readUIntBE(at, 5), count: Math.max(run, 1), digest }
  })
}

export const encodeTrailer = (
  pages: number,
  totals: Omit<DigestTotals, 'fileBytes'>,
  fileId: Buffer,
): Buffer => {
  const page = Buffer.alloc(pageBytes)
  page.writeUInt32BE(trailerMagic, 0)
  page.writeUInt32BE(pages, 4)
  page.writeBigUInt64BE(BigInt(totals.dataBlocks), 8)
  page.writeBigUInt64BE(BigInt(totals.zeroBlocks), 16)
  return seal(page, fileId)
}

export const decodeTrailer = (page: Buffer, fileId: Buffer) => {
  if (page.readUInt32BE(0) !== trailerMagic || !isSealed(page, fileId)) return undefined
  const [dataBlocks, zeroBlocks] = [Number(page.readBigUInt64BE(8)), Number(page.readBigUInt64BE(16))]
  return { pages: page.readUInt32BE(4), dataBlocks, zeroBlocks }
}

const checksum = (page: Buffer, fileId: Buffer): Buffer =>
  blake3(Buffer.concat([fileId, page.subarray(0, checksumAt)]))

const seal = (page: Buffer, fileId: Buffer): Buffer => {
  checksum(page, fileId).copy(page, checksumAt)
  return page
}

const isSealed = (page: Buffer, fileId: Buffer): boolean =>
  checksum(page, fileId).equals(page.subarray(checksumAt))
