/** Workflow types, workflow ids, queues and leases: the names that operators see in the Temporal UI. */
export const workflowTypes = {
  discover: 'discover',
  testPlatform: 'test-platform',
  inspectRepository: 'inspect-repository',
  backupVm: 'backup-vm',
  verifyBackup: 'verify-backup',
  deleteBackup: 'delete-backup',
  openContent: 'open-content',
  rescanRepository: 'rescan-repository',
  sweepLeftovers: 'sweep-leftovers',
  flowTick: 'flow-tick',
  runFlow: 'run-flow',
  flowLane: 'flow-lane',
  flowSync: 'flow-sync',
  testFlow: 'test-flow',
  reconcile: 'reconcile',
  pruneHistory: 'prune-history',
  notify: 'notify',
} as const

export const workflowIds = {
  discover: (requestId: string) => `discover:${requestId}`,
  testPlatform: (requestId: string) => `test-platform:${requestId}`,
  inspectRepository: (repositoryId: number, requestId: string) =>
    `inspect-repository:${repositoryId}:${requestId}`,
  /** The id is the lock: one backup of a VM at a time. */
  backup: (vmContextId: string) => `backup:${vmContextId}`,
  verify: (backupId: string) => `verify:${backupId}`,
  delete: (backupId: string) => `delete:${backupId}`,
  /** Not the same as the point's own: who asks for the chain must not be answered by a delete of the point. */
  deleteChain: (backupId: string) => `delete:${backupId}:chain`,
  openContent: (backupId: string, requestId: string) => `content:${backupId}:${requestId}`,
  rescan: (repositoryId: number) => `rescan:${repositoryId}`,
  /** The server appends the due time, so it can never be a lock. */
  tick: (flowId: string) => `tick:${flowId}`,
  /** The id is the lock: one execution of a flow at a time. */
  flow: (flowId: string) => `flow:${flowId}`,
  lane: (flowId: string, executionId: string, lane: number) => `flow:${flowId}:${executionId}:lane-${lane}`,
  flowSync: (flowId: string) => `flow-sync:${flowId}`,
  testFlow: (flowId: string, requestId: string) => `test-flow:${flowId}:${requestId}`,
  notify: (eventId: string) => `notify:${eventId}`,
} as const

export const scheduleIds = {
  sweepLeftovers: 'sweep-leftovers',
  reconcile: 'reconcile',
  pruneHistory: 'prune-history',
  flow: (flowId: string) => `flow:${flowId}`,
} as const

export const queues = {
  control: 'control',
  capture: (site: string) => `capture-${site}`,
  repository: (repositoryId: number) => `repository-${repositoryId}`,
} as const

/** The only site until captures can be split off to another place. */
export const defaultSite = 'local'

export const leases = { vm: (vmContextId: string) => `vm:${vmContextId}` } as const

/** A snapshot's name: which installation and which job own it. Two installations never sweep each other. */
export const snapshotPrefix = (installationId: string): string => `sendense:${installationId}:`
export const snapshotToken = (installationId: string, jobId: string): string =>
  `${snapshotPrefix(installationId)}${jobId}`
/** vSphere cuts or refuses longer names, and a name that was cut is never found again. */
export const longestSnapshotName = 80

/** Credentials that are asked with once and forgotten: `cred-once-<random>`. */
export const onceCredentialKind = 'cred-once'
