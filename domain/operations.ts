import type { FlowCheck } from './flow-check.js'
import type { TlsTrust } from './platform.js'
import type { PlatformCheck } from './platform.js'
import type { RepositoryStorage } from './repository.js'

/** Inputs and results of the workflows that the API starts. Ids only: no secrets, no lists that grow. */
export interface DiscoverInput {
  readonly requestId: string
  /** A registered platform, or an address that is asked once with a sealed credential that is forgotten after. */
  readonly platformId: string | null
  readonly adHoc: AdHocPlatform | null
  /** Exact VM name. */
  readonly filter: string | null
  readonly datacenter: string | null
}

export interface AdHocPlatform {
  readonly host: string
  readonly username: string
  readonly credentialId: string
  readonly tls: TlsTrust
}

export interface DiscoverResult {
  readonly requestId: string
  readonly found: number
}

export interface TestPlatformInput {
  readonly platformId: string
}

export interface TestPlatformResult {
  readonly ok: boolean
  readonly checks: readonly PlatformCheck[]
}

export interface InspectRepositoryInput {
  readonly repositoryId: number
  /**
   * `prepare` makes the directory and its marker; `check` wants the marker and the room; `storage` measures what our own
   * files take, which the others leave at what the file system calls used.
   */
  readonly action: 'prepare' | 'check' | 'storage'
  readonly neededBytes: number
}

export type InspectRepositoryResult = RepositoryStorage

export interface BackupResult {
  readonly backupId: string
  readonly bytesRead: number
  readonly bytesStored: number
}

export interface VerifyInput {
  readonly backupId: string
  readonly repositoryId: number
  readonly vmName: string
}

export interface VerifyResult {
  readonly backupId: string
  readonly result: 'good' | 'damaged'
  readonly detail: string
}

export interface DeleteBackupInput {
  readonly backupId: string
  readonly repositoryId: number
  readonly vmContextId: string
  readonly vmName: string
  /** With all points of its chain. */
  readonly chain?: boolean
}

export interface RescanInput {
  readonly repositoryId: number
}

export interface RescanResult {
  readonly pointsFound: number
  readonly pointsRestored: number
  readonly pointsRefused: readonly string[]
}

export interface OpenContentInput {
  readonly backupId: string
  readonly repositoryId: number
  readonly diskId: string
}

/**
 * Where the worker serves the disk's bytes by HTTP with Range, on loopback, until idle: `GET <url>/<token>`. The token
 * follows from the key file and the URL's path, so that no history holds a right to read.
 */
export interface OpenContentResult {
  readonly url: string
  readonly sizeBytes: number
}

/** `executionId`: the one that the API has inserted; without it the flow's oldest queued one. */
export interface RunFlowInput {
  readonly flowId: string
  readonly executionId?: string
}

/** `lane` counts from 1; 0 is the run itself. */
export interface FlowLaneInput {
  readonly flowId: string
  readonly executionId: string
  readonly lane: number
}

export interface FlowTickInput {
  readonly flowId: string
}

export interface FlowSyncInput {
  readonly flowId: string
}

export interface TestFlowInput {
  readonly flowId: string
}

export interface TestFlowResult {
  readonly checks: readonly FlowCheck[]
}
