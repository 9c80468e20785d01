import { randomUUID } from 'node:crypto'
import type { Failure } from '../../../domain/failure.js'
import type { DiscoveredVm, DiskLeftOut } from '../../../domain/vm.js'
import type { End } from '../../blocks/end.js'
import { freeze, newDisk, resetTracking, writeBlocks, type FrozenDisk, type MemoryDisk } from './disk.js'

/** What a call may be told to fail at. */
export type MemoryOperation =
  'listVms' | 'vmById' | 'takeSnapshot' | 'removeSnapshot' | 'diskReader' | 'ensureEnabled' | 'changedAreas'

export interface MemorySnapshot {
  readonly token: string
  readonly reference: string
  readonly takenAt: string
  readonly consistency: 'application' | 'crash' | 'powered-off'
  readonly disks: ReadonlyMap<number, FrozenDisk>
}

export interface MemoryVm {
  readonly id: string
  readonly reference: string
  name: string
  powerState: DiscoveredVm['power_state']
  trackingEnabled: boolean
  readonly trackingSupported: boolean
  /** False: `quiesce: require` fails and `prefer` falls back. */
  quiesces: boolean
  consolidationNeeded: boolean
  host: string
  readonly disks: Map<number, MemoryDisk>
  readonly snapshots: Map<string, MemorySnapshot>
}

export interface MemoryVmSpec {
  readonly name: string
  /** Each disk: its bytes, or a content to begin with. */
  readonly disks: readonly (
    number | Buffer | { readonly content: number | Buffer; readonly leftOut: DiskLeftOut }
  )[]
  readonly id?: string
  readonly powerState?: DiscoveredVm['power_state']
  readonly trackingEnabled?: boolean
  readonly trackingSupported?: boolean
  readonly quiesces?: boolean
  readonly host?: string
}

/** A data centre that lives in this process, for tests: real snapshots and change tracking, no network. */
export interface MemoryDatacentre extends Disposable {
  readonly name: string
  /** What a connection must bring; any user and password do where undefined. */
  readonly login: { readonly username: string; readonly password: string } | undefined
  readonly vms: ReadonlyMap<string, MemoryVm>
  readonly datastore: { name: string; capacityBytes: number; freeBytes: number }
  /** Lets a test hold, count or break the reads of a snapshot's disk. */
  wrapEnd: (end: End, of: { readonly vm: MemoryVm; readonly key: number; readonly token: string }) => End
  addVm(spec: MemoryVmSpec): MemoryVm
  removeVm(id: string): void
  addDisk(id: string, content: number | Buffer): number
  removeDisk(id: string, key: number): void
  growDisk(id: string, key: number, sizeBytes: number): void
  /** Writes as the guest does. Throws RangeError off the disk. */
  write(id: string, key: number, offset: number, bytes: Buffer): void
  read(id: string, key: number, offset: number, length: number): Buffer
  /** Gives the disk a new epoch: change IDs of before are worth nothing. */
  resetTracking(id: string, key: number): void
  /** The next `count` calls of this operation throw what `failure` makes, before they have any effect. */
  failNext(operation: MemoryOperation, failure: () => Failure, count?: number): void
  /** For the drivers: throws where a failure was ordered. */
  passes(operation: MemoryOperation): void
}

const datacentres = new Map<string, MemoryDatacentre>()

/** The datacentre of this name that was made in this process. */
export const datacentreNamed = (name: string): MemoryDatacentre | undefined => datacentres.get(name)

/** Makes a datacentre and registers it under its name (a platform's `host`) until it is disposed of. */
export const memoryDatacentre = (name: string, login?: MemoryDatacentre['login']): MemoryDatacentre => {
  if (datacentres.has(name)) throw new Error(`a memory datacentre named ${name} already exists`)
  const vms = new Map<string, MemoryVm>()
  const failures: { operation: MemoryOperation; failure: () => Failure; left: number }[] = []
  let numbers = 0
  const vmOf = (id: string): MemoryVm => known(vms.get(id), `VM ${id}`)
  const diskOf = (id: string, key: number): MemoryDisk =>
    known(vmOf(id).disks.get(key), `disk ${key} of VM ${id}`)
  const attach = (vm: MemoryVm, content: number | Buffer, leftOut: DiskLeftOut | null): number => {
    const key = Math.max(1999, ...vm.disks.keys()) + 1
    vm.disks.set(key, newDisk(key, content, leftOut))
    return key
  }
  const datacentre: MemoryDatacentre = {
    name,
    login,
    vms,
    datastore: { name: 'memory', capacityBytes: 64 * 1024 ** 3, freeBytes: 32 * 1024 ** 3 },
    wrapEnd: (end) => end,
    addVm: (spec) => {
      const vm = newVm(spec, `vm-${++numbers}`)
      for (const disk of spec.disks)
        if (typeof disk === 'object' && 'content' in disk) attach(vm, disk.content, disk.leftOut)
        else attach(vm, disk, null)
      vms.set(vm.id, vm)
      return vm
    },
    removeVm: (id) => void vms.delete(id),
    addDisk: (id, content) => attach(vmOf(id), content, null),
    removeDisk: (id, key) => void vmOf(id).disks.delete(key),
    growDisk: (id, key, sizeBytes) => {
      const disk = diskOf(id, key)
      if (sizeBytes < disk.content.length) throw new RangeError('a disk only grows')
      disk.content = Buffer.concat([disk.content], sizeBytes)
    },
    write: (id, key, offset, bytes) => writeBlocks(diskOf(id, key), offset, bytes),
    read: (id, key, offset, length) => Buffer.from(diskOf(id, key).content.subarray(offset, offset + length)),
    resetTracking: (id, key) => resetTracking(diskOf(id, key)),
    failNext: (operation, failure, count = 1) => void failures.push({ operation, failure, left: count }),
    passes: (operation) => {
      const ordered = failures.find((each) => each.operation === operation && each.left > 0)
      if (ordered === undefined) return
      ordered.left--
      throw ordered.failure()
    },
    [Symbol.dispose]: () => void datacentres.delete(name),
  }
  datacentres.set(name, datacentre)
  return datacentre
}

const known = <T>(found: T | undefined, what: string): T => {
  if (found === undefined) throw new RangeError(`${what} is not in this datacentre`)
  return found
}

const newVm = (spec: MemoryVmSpec, reference: string): MemoryVm => ({
  id: spec.id ?? randomUUID(),
  reference,
  name: spec.name,
  powerState: spec.powerState ?? 'poweredOn',
  trackingEnabled: spec.trackingEnabled ?? false,
  trackingSupported: spec.trackingSupported ?? true,
  quiesces: spec.quiesces ?? true,
  consolidationNeeded: false,
  host: spec.host ?? 'memory-host',
  disks: new Map(),
  snapshots: new Map(),
})

/** Freezes every disk that a snapshot can hold. */
export const freezeDisks = (vm: MemoryVm): Map<number, FrozenDisk> =>
  new Map(
    [...vm.disks.values()]
      .filter((disk) => disk.leftOut === null)
      .map((disk) => [disk.key, freeze(disk, vm.trackingEnabled)]),
  )
