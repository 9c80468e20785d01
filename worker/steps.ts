import type { Client } from '@temporalio/client'
import type { Db } from '../drizzle/open.js'
import { credentialById } from '../drizzle/queries/credentials.js'
import { beatingEach } from '../activities/beating.js'
import { concludeAudit, recordAuditRequest } from '../activities/catalog/audits.js'
import { claimExecution, lookForQueued } from '../activities/catalog/executions/claim-execution.js'
import type { ExecutionDependencies } from '../activities/catalog/executions/claim-execution.js'
import { claimItem } from '../activities/catalog/executions/claim-item.js'
import { lookAtClock } from '../activities/catalog/executions/clock.js'
import { finishExecution, stopExecution } from '../activities/catalog/executions/end-execution.js'
import {
  markExecutionPaused,
  markExecutionResumed,
  pauseBackups,
  resumeBackups,
} from '../activities/catalog/executions/pause-execution.js'
import { planExecution, warnExecution } from '../activities/catalog/executions/plan-execution.js'
import { settleExecutions } from '../activities/catalog/executions/settle-executions.js'
import { settleItem } from '../activities/catalog/executions/settle-item.js'
import { claimBackup } from '../activities/catalog/claim-backup.js'
import { releaseLease, takeLease } from '../activities/catalog/leases.js'
import { askOpenOwners, jobOfOpenRun } from '../activities/catalog/owner-is-open.js'
import { pinPoints, releaseClosedPins, releasePins } from '../activities/catalog/pins.js'
import { pruneHistory } from '../activities/catalog/prune-history.js'
import { pruneRecords } from '../activities/catalog/prune-records.js'
import { addWarning, forgetCopies, markPaused, markResumed } from '../activities/catalog/pauses.js'
import {
  finishBackup,
  forgetCredential,
  markCancelling,
  recordPoint,
  recordUnverified,
} from '../activities/catalog/records.js'
import { releaseClosedLeases } from '../activities/catalog/release-closed.js'
import { releaseSlots, takeSlots } from '../activities/catalog/slots.js'
import { findOrphanJobs, settleOrphan } from '../activities/catalog/sweep.js'
import type { SlotLimits } from '../activities/catalog/wanted-slots.js'
import { checkPauseRoom } from '../activities/capture/check-pause-room.js'
import { discoverVm } from '../activities/capture/discover-vm.js'
import { enableChangeTracking } from '../activities/capture/enable-change-tracking.js'
import { preFlight } from '../activities/capture/pre-flight.js'
import { removeSnapshot } from '../activities/capture/remove-snapshot.js'
import { sweepSnapshots } from '../activities/capture/sweep-snapshots.js'
import { takeSnapshot } from '../activities/capture/take-snapshot.js'
import { platformConnections } from '../activities/connections.js'
import type { PlatformConnections } from '../activities/connections.js'
import { checkVms } from '../activities/flow-test/check-vms.js'
import { planFlowTest } from '../activities/flow-test/plan-flow-test.js'
import { discover, testPlatform } from '../activities/discovery/discover.js'
import { refreshInventory } from '../activities/discovery/refresh-inventory.js'
import type { ExecutionSteps } from '../activities/execution-steps.js'
import type { OpenPlatform } from '../activities/platforms/platform.js'
import type { HistorySteps } from '../activities/history-steps.js'
import { startNotice } from '../activities/notices/start-notice.js'
import { sendNotice } from '../activities/notices/send-notice.js'
import type { Webhook } from '../activities/notices/send-notice.js'
import type { CaptureSteps, ControlSteps } from '../activities/steps.js'
import type { Vault } from '../activities/vault/vault.js'
import { Failure } from '../domain/failure.js'
import type { NoticeEvent } from '../domain/notice.js'
import { defaultSite } from '../domain/rules/names.js'
import type { WorkerConfig } from './config.js'
import { scheduleSteps } from './schedule-steps.js'

export interface StepContext {
  readonly db: Db
  readonly client: Client
  readonly config: WorkerConfig
  readonly connections: PlatformConnections
  readonly open: OpenPlatform
  readonly secretOf: (credentialId: string) => Promise<string>
}

export const now = (): Date => new Date()

/** Opens sealed passwords; they live in memory only, and only where a connection needs them. */
export function secrets(db: Db, vault: Vault): (credentialId: string) => Promise<string> {
  return async (credentialId) => {
    const credential = await credentialById(db, credentialId)
    if (credential === undefined)
      throw new Failure('credential-unreadable', 'The password of this platform is gone', {
        retry: false,
        remedy: 'Enter the password again on the Platforms page.',
      })
    try {
      return vault.open(credential.sealed, credentialId)
    } catch (cause) {
      throw new Failure(
        'credential-unreadable',
        'The password of this platform cannot be opened with the present key file',
        {
          retry: false,
          remedy: 'Put the key file back that sealed it, or enter the password again.',
          cause,
        },
      )
    }
  }
}

export const openConnections = (
  open: OpenPlatform,
  secretOf: StepContext['secretOf'],
  vddkLibDir: string,
): PlatformConnections =>
  platformConnections(open, (platform) => secretOf(platform.credential_id), { vddkLibDir })

/** Short database steps: the records of every run. */
export function controlSteps(context: StepContext): ControlSteps & HistorySteps {
  const { db, client, config } = context
  const webhook = webhookOf(config)
  const dependencies = {
    db,
    client,
    now,
    site: defaultSite,
    heartbeatSeconds: config.SENDENSE_HEARTBEAT_SECONDS,
    pauseMinutes: config.SENDENSE_PAUSE_MINUTES,
    roomCheckSeconds: config.SENDENSE_ROOM_CHECK_SECONDS,
    undoSeconds: config.SENDENSE_UNDO_SECONDS,
    notify: (event: NoticeEvent) => startNotice({ client, kinds: webhook?.kinds ?? new Set() }, event),
  }
  const turns = { db, isOpen: askOpenOwners(client, now), limits: limitsOf(config) }
  return {
    ...executionSteps(dependencies, limitsOf(config)),
    ...scheduleSteps(context, dependencies.notify),
    claimBackup: claimBackup(dependencies),
    planFlowTest: planFlowTest(dependencies),
    takeLease: takeLease(turns),
    releaseLease: releaseLease(dependencies),
    takeSlots: takeSlots(turns),
    releaseSlots: releaseSlots(dependencies),
    markCancelling: markCancelling(dependencies),
    markPaused: markPaused(dependencies),
    markResumed: markResumed(dependencies),
    forgetCopies: forgetCopies(dependencies),
    addWarning: addWarning(dependencies),
    recordAuditRequest: recordAuditRequest(dependencies),
    concludeAudit: concludeAudit(dependencies),
    recordPoint: recordPoint(dependencies),
    finishBackup: finishBackup(dependencies),
    recordUnverified: recordUnverified(dependencies),
    forgetCredential: forgetCredential(dependencies),
    findOrphanJobs: findOrphanJobs(dependencies),
    settleOrphan: settleOrphan(dependencies),
    releaseClosedLeases: releaseClosedLeases(dependencies),
    pinPoints: pinPoints(dependencies),
    releasePins: releasePins(dependencies),
    releaseClosedPins: releaseClosedPins(dependencies),
    pruneRecords: pruneRecords(dependencies),
    pruneHistory: pruneHistory({
      ...dependencies,
      limits: { days: config.SENDENSE_HISTORY_DAYS, runs: config.SENDENSE_HISTORY_RUNS },
    }),
    sendNotice: sendNotice({ ...dependencies, webhook }),
  }
}

/** Null where nobody wants to be told. */
const webhookOf = (config: WorkerConfig): Webhook | null =>
  config.SENDENSE_WEBHOOK_URL === undefined
    ? null
    : {
        url: config.SENDENSE_WEBHOOK_URL,
        secretFile: config.SENDENSE_WEBHOOK_SECRET_FILE ?? null,
        kinds: new Set(config.SENDENSE_WEBHOOK_ON),
      }

/** Steps of `run-flow` and its lanes, and of the sweep of what they left. */
const executionSteps = (
  dependencies: ExecutionDependencies & { readonly client: Client },
  limits: SlotLimits,
): ExecutionSteps => ({
  claimExecution: claimExecution({ ...dependencies, limits }),
  lookForQueued: lookForQueued(dependencies),
  warnExecution: warnExecution(dependencies),
  planExecution: planExecution(dependencies),
  lookAtClock: lookAtClock(dependencies),
  claimItem: claimItem({ ...dependencies, limits }),
  settleItem: settleItem({ ...dependencies, whoRuns: (id) => jobOfOpenRun(dependencies.client, id) }),
  markExecutionPaused: markExecutionPaused(dependencies),
  markExecutionResumed: markExecutionResumed(dependencies),
  pauseBackups: pauseBackups(dependencies),
  resumeBackups: resumeBackups(dependencies),
  stopExecution: stopExecution(dependencies),
  finishExecution: finishExecution(dependencies),
  settleExecutions: settleExecutions(dependencies),
})

const limitsOf = (config: WorkerConfig): SlotLimits => ({
  vcenter: config.SENDENSE_LIMIT_VCENTER,
  host: config.SENDENSE_LIMIT_HOST,
  datastore: config.SENDENSE_LIMIT_DATASTORE,
  repository: config.SENDENSE_LIMIT_REPOSITORY,
})

/** Steps that talk to a source platform. */
export function captureSteps(context: StepContext): CaptureSteps {
  const { SENDENSE_FULL_EVERY_DAYS: days, SENDENSE_FULL_EVERY_POINTS: points } = context.config
  const dependencies = { ...context, now, fullEvery: { days, points } }
  return {
    ...beatingEach('leave', {
      discover: discover(context),
      refreshInventory: refreshInventory(dependencies),
      testPlatform: testPlatform(context),
      checkVms: checkVms(context),
      discoverVm: discoverVm(dependencies),
      preFlight: preFlight(dependencies),
    }),
    ...beatingEach('wait', {
      enableChangeTracking: enableChangeTracking(dependencies),
      takeSnapshot: takeSnapshot(dependencies),
      checkPauseRoom: checkPauseRoom(dependencies),
      removeSnapshot: removeSnapshot(dependencies),
      sweepSnapshots: sweepSnapshots(dependencies),
    }),
  }
}
