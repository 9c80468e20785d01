/** What a repository holds and what one job still wants of it; bytes. */
export interface RepositoryRoom {
  readonly repository: string
  readonly totalBytes: number
  readonly freeBytes: number
  /** Of the free ones, those that other jobs have reserved. */
  readonly reservedBytes: number
  /** What the job may still write with what it has written kept, ... */
  readonly leftBytes: number
  /** ... and what it may write when it begins anew. */
  readonly wholeBytes: number
}

/** Why a copy cannot go on, with the numbers; without the full stop. */
export function whyFull(room: RepositoryRoom): string {
  const { repository, totalBytes, freeBytes, reservedBytes, leftBytes } = room
  const reserved = reservedBytes > 0 ? `, ${sizeText(reservedBytes)} of them reserved by other jobs` : ''
  const numbers = `${sizeText(freeBytes)} free of ${sizeText(totalBytes)}${reserved}`
  return `Repository ${repository} is full: ${numbers}, ${sizeText(leftBytes)} still to be written`
}

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `300 MiB`, `1.5 TiB`: three digits at most before the unit, never a made-up precision. */
export function sizeText(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value < 10 && power > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[power]}`
}
