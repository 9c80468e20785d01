import type { End, Extent } from '../blocks/end.js'
import type { Platform, PlatformCheck } from '../../domain/platform.js'
import type { DiscoveredDisk, DiscoveredVm } from '../../domain/vm.js'
import type { Quiesce } from '../../domain/backup.js'

/**
 * The contract of a platform, by role. A role that a platform lacks is absent, never stubbed. Every method throws
 * `Failure` only; the driver alone decides `retry`. All methods are safe to call twice. A connection is shared
 * by concurrent steps; it renews its own session.
 */
export interface PlatformConnection extends AsyncDisposable {
  readonly platform: Platform
  readonly inventory: Inventory
  readonly source?: Source
  readonly changeTracking?: ChangeTracking
}

/** What opens a connection: the registered platform and its password, which lives only in memory. */
export type OpenPlatform = (
  platform: Platform,
  secret: string,
  options: OpenOptions,
) => Promise<PlatformConnection>

export interface OpenOptions {
  readonly signal?: AbortSignal
  /** Milliseconds a single call may take. */
  readonly callTimeoutMs?: number
  /** Directory of VMware's VDDK, which the user supplies; without it nbdkit looks in the system's library path. */
  readonly vddkLibDir?: string
}

export interface Inventory {
  /** Never throws for what it checks: each check is a line with what to do. First line is the certificate, second the login. */
  check(): Promise<PlatformCheck[]>
  /** All VMs (templates left out), or those whose name equals `filter.name` exactly. Names may repeat. */
  listVms(filter?: { readonly name?: string; readonly datacenter?: string }): Promise<DiscoveredVm[]>
  /** The VM with this instance UUID, freshly read. Throws `vm-not-found`. */
  vmById(instanceUuid: string): Promise<DiscoveredVm>
  /** Free bytes of each datastore the VM's disks lie on. */
  datastoresOf(vm: DiscoveredVm): Promise<readonly DatastoreSpace[]>
}

export interface DatastoreSpace {
  readonly name: string
  readonly capacityBytes: number
  readonly freeBytes: number
}

export interface SnapshotRequest {
  /** The snapshot's name, unique to the job; a snapshot or a running task of this name is adopted, not doubled. */
  readonly token: string
  readonly description: string
  readonly quiesce: Quiesce
}

export interface SnapshotDisk {
  readonly key: number
  readonly backingUuid: string
  readonly capacityBytes: number
  /** The frozen backing's own path, e.g. `[datastore] vm/vm.vmdk`. */
  readonly path: string
  /** Marker of this moment for change tracking; null where tracking is off for the disk. */
  readonly changeId: string | null
}

export interface Snapshot {
  readonly token: string
  readonly reference: string
  readonly vmReference: string
  readonly takenAt: string
  readonly consistency: 'application' | 'crash' | 'powered-off'
  readonly adopted: boolean
  readonly disks: readonly SnapshotDisk[]
}

export interface Source {
  /** Takes, or adopts, the snapshot named by the token. `quiesce: prefer` falls back to a crash-consistent one. */
  takeSnapshot(vm: DiscoveredVm, request: SnapshotRequest): Promise<Snapshot>
  /** The snapshot with this token, or undefined. */
  findSnapshot(instanceUuid: string, token: string): Promise<Snapshot | undefined>
  /** Ensures that no snapshot with this token is left; waits for a running task of the same name. Absent (also: VM gone) = success. */
  removeSnapshot(instanceUuid: string, token: string): Promise<void>
  /** Every snapshot on the platform whose name begins with the prefix: for the sweeper. */
  snapshotsNamed(
    prefix: string,
  ): Promise<readonly { instanceUuid: string; vmName: string; token: string; takenAt: string }[]>
  /** How to read one disk of the snapshot at random offsets. */
  diskReader(snapshot: Snapshot, disk: SnapshotDisk): Promise<DiskReader>
}

/** Either a program to start that serves NBD on a unix socket (nbdkit), or an end that lives in this process. */
export type DiskReader =
  | {
      readonly kind: 'nbdkit'
      readonly transport: 'vddk'
      /** The plugin and its parameters only, without nbdkit's own options; `password=-<fd>` refers to `secrets`. */
      readonly pluginArgs: readonly string[]
      readonly secrets: readonly { readonly fd: number; readonly value: string }[]
    }
  | { readonly kind: 'end'; readonly transport: 'memory'; open(): Promise<End> }

export interface ChangeTracking {
  /** Turns tracking on where it is off. Never over existing snapshots: then `{ enabled: false, reason }`. */
  ensureEnabled(
    vm: DiscoveredVm,
  ): Promise<{ readonly enabled: boolean; readonly changed: boolean; readonly reason: string | null }>
  /**
   * Areas of the snapshot's disk that changed since `since`, or all allocated ones for `*`: paged to capacity,
   * validated (sorted, apart, in range) and merged. Throws `change-tracking-malformed` or
   * `change-tracking-unavailable`, where the caller reads the disk in full.
   */
  changedAreas(snapshot: Snapshot, disk: SnapshotDisk, since: string): Promise<readonly Extent[]>
}

/** Which disks a backup takes: those a snapshot can hold. */
export type EligibleDisk = DiscoveredDisk & { readonly left_out: null }
