import type { DiscoveredDisk, DiskLeftOut } from '../../../domain/vm.js'
import { all, at, flagAt, numberAt, textAt, typeOf } from './xml.js'

/** A disk as a VM's or a snapshot's device list has it. */
interface VirtualDisk {
  readonly disk: DiscoveredDisk
  readonly changeId: string | null
}

const gib = 1024 ** 3

/** The disks of a `config.hardware.device` list, in its order. */
export const virtualDisks = (devices: unknown): VirtualDisk[] => {
  const listed = all(devices, 'VirtualDevice')
  const shared = new Set(
    listed
      .filter((device) => /^(physical|virtual)Sharing$/.test(textAt(device, 'sharedBus') ?? ''))
      .map((device) => numberAt(device, 'key')),
  )
  return listed
    .filter((device) => typeOf(device) === 'VirtualDisk')
    .map((device) => virtualDisk(device, shared))
}

const virtualDisk = (device: unknown, sharedControllers: ReadonlySet<number | undefined>): VirtualDisk => {
  const key = numberAt(device, 'key') ?? 0
  const backing = at(device, 'backing')
  const path = textAt(backing, 'fileName') ?? ''
  // Old hosts tell kilobytes only.
  const capacityBytes = numberAt(device, 'capacityInBytes') ?? (numberAt(device, 'capacityInKB') ?? 0) * 1024
  const changeId = textAt(backing, 'changeId')
  return {
    disk: {
      id: `disk-${key}`,
      path,
      size_gb: Math.round((capacityBytes / gib) * 100) / 100,
      capacity_bytes: capacityBytes,
      datastore: /^\[([^\]]*)\]/.exec(path)?.[1] ?? '',
      label: textAt(device, 'deviceInfo', 'label') ?? `Hard disk ${key}`,
      provisioning_type: provisioning(backing),
      key,
      backing_uuid: backingUuid(backing),
      disk_mode: textAt(backing, 'diskMode') ?? 'persistent',
      left_out: leftOut(device, sharedControllers.has(numberAt(device, 'controllerKey'))),
    },
    changeId: changeId === undefined || changeId === '' ? null : changeId,
  }
}

const provisioning = (backing: unknown): DiscoveredDisk['provisioning_type'] => {
  if (flagAt(backing, 'thinProvisioned') === true || /Sparse/.test(typeOf(backing) ?? '')) return 'thin'
  return flagAt(backing, 'eagerlyScrub') === true ? 'eager_zeroed' : 'thick'
}

// Ancient backings have no UUID: the bottom file of the chain does not change with snapshots.
const backingUuid = (backing: unknown): string => {
  const uuid = textAt(backing, 'uuid')
  if (uuid !== undefined && uuid !== '') return uuid
  let bottom = backing
  for (let parent = at(bottom, 'parent'); parent !== undefined; parent = at(bottom, 'parent')) bottom = parent
  return `path:${textAt(bottom, 'fileName') ?? ''}`
}

const leftOut = (device: unknown, onSharedController: boolean): DiskLeftOut | null => {
  const backing = at(device, 'backing')
  const type = typeOf(backing) ?? ''
  if (type.startsWith('VirtualDiskRawDiskMapping') && textAt(backing, 'compatibilityMode') === 'physicalMode')
    return 'rdm-physical'
  if (/^VirtualDisk(RawDiskVer2|PartitionedRawDiskVer2|LocalPMem)/.test(type)) return 'no-snapshot'
  if ((textAt(backing, 'diskMode') ?? '').startsWith('independent_')) return 'independent'
  const multiWriter = ['sharing', 'sharingMode'].some(
    (name) => textAt(backing, name) === 'sharingMultiWriter',
  )
  return multiWriter || onSharedController ? 'shared-bus' : null
}
