/** What the rule needs to know of a disk that will be copied. */
export interface RoomDisk {
  readonly capacityBytes: number
  readonly provisioningType: string
}

/** qcow2 tables, digests and manifest of a point: generous for a small VM, nothing for a big one. */
export const pointOverheadBytes = 64 * 1024 * 1024

/**
 * Bytes that must be free before a full backup starts. The last completed point of the same VM in the same repository
 * is the best guess; without one a thick disk counts whole, and a thin one counts nothing (how much it holds
 * is known only once it is read; a repository that fills up mid-copy pauses the job).
 */
export function requiredRoom(disks: readonly RoomDisk[], lastStoredBytes: number | null): number {
  if (lastStoredBytes !== null) return lastStoredBytes + pointOverheadBytes
  const thick = disks.filter((disk) => disk.provisioningType !== 'thin')
  return thick.reduce((sum, disk) => sum + disk.capacityBytes, 0) + pointOverheadBytes
}
