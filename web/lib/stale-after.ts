import { getBackup, getBackupChain, listBackups } from '../../api/contract/backups.js'
import { getCoverage } from '../../api/contract/coverage.js'
import type { EventTopic } from '../../api/contract/events.js'
import { getExecution, listExecutionItems, listExecutions } from '../../api/contract/executions.js'
import { listJobLog } from '../../api/contract/job-log.js'
import {
  getGroup,
  listGroupMembers,
  listGroups,
  previewGroup,
  previewSavedGroup,
} from '../../api/contract/machine-groups.js'
import type { Operation } from '../../api/contract/operation.js'
import { getPlatform, listPlatforms } from '../../api/contract/platforms.js'
import { getPolicy, listPolicies, previewPolicy } from '../../api/contract/policies.js'
import {
  getFlow,
  getFlowStatus,
  getFlowSummary,
  listFlowExecutions,
  listFlows,
} from '../../api/contract/protection-flows.js'
import { getRepository, getRepositoryStorage, listRepositories } from '../../api/contract/repositories.js'
import {
  getSchedule,
  listScheduleExecutions,
  listSchedules,
  previewSavedSchedule,
} from '../../api/contract/schedules.js'
import { getTransferLimits } from '../../api/contract/transfer-limits.js'
import { getVmContext, listVmContexts } from '../../api/contract/vm-contexts.js'

type ByTopic = Readonly<Record<EventTopic, readonly Operation[]>>

const groupViews = [getGroup, listGroups, listGroupMembers, previewGroup, previewSavedGroup]

/** What is asked again at once when something of a topic changed. */
export const staleAfter: ByTopic = {
  backups: [listBackups, getBackupChain, listVmContexts, getVmContext, getRepositoryStorage],
  executions: [],
  // Groups, schedules and policies say how many flows use them.
  flows: [
    listFlows,
    getFlow,
    getFlowStatus,
    getFlowSummary,
    listGroups,
    getGroup,
    listSchedules,
    getSchedule,
    listPolicies,
    getPolicy,
  ],
  'machine-groups': [...groupViews, listFlows, getFlow],
  // How a platform's certificate is judged is shown with its VMs and runs; its limits go with it.
  platforms: [
    listPlatforms,
    getPlatform,
    listVmContexts,
    getVmContext,
    listBackups,
    getBackup,
    getTransferLimits,
  ],
  policies: [listPolicies, getPolicy, previewPolicy, listFlows],
  repositories: [listRepositories, getRepository, getRepositoryStorage, listFlows],
  schedules: [listSchedules, getSchedule, previewSavedSchedule, listFlows, getFlowStatus, getFlowSummary],
  'vm-contexts': [listVmContexts, getVmContext, listGroupMembers, previewGroup, previewSavedGroup],
}

/** What changes with nearly every event of a topic, and is therefore asked again only every few seconds. */
export const slowlyStaleAfter: ByTopic = {
  backups: [listJobLog, getCoverage, previewPolicy],
  executions: [
    listExecutions,
    getExecution,
    listExecutionItems,
    listFlowExecutions,
    listFlows,
    getFlow,
    getFlowStatus,
    getFlowSummary,
    listScheduleExecutions,
    listJobLog,
    getCoverage,
  ],
  flows: [getCoverage, listScheduleExecutions],
  'machine-groups': [getCoverage],
  platforms: [],
  policies: [],
  repositories: [],
  schedules: [getCoverage],
  'vm-contexts': [getCoverage],
}
