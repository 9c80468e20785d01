import type { Route } from '../route.js'
import { changePasswordRoute } from './auth/change-password.js'
import { loginRoute } from './auth/login.js'
import { logoutRoute } from './auth/logout.js'
import { meRoute } from './auth/me.js'
import { cancelBackupRoute } from './backups/cancel-backup.js'
import { deleteBackupAliasRoute, deleteBackupRoute } from './backups/delete-backup.js'
import { getBackupChainAliasRoute, getBackupChainRoute } from './backups/get-backup-chain.js'
import { getBackupAliasRoute, getBackupRoute } from './backups/get-backup.js'
import { getDiskContentRoute } from './backups/get-disk-content.js'
import { listBackupsAliasRoute, listBackupsRoute } from './backups/list-backups.js'
import { auditBackupRoute } from './backups/audit-backup.js'
import { pauseBackupRoute } from './backups/pause-backup.js'
import { resumeBackupRoute } from './backups/resume-backup.js'
import { startBackupAliasRoute, startBackupRoute } from './backups/start-backup.js'
import { verifyBackupRoute } from './backups/verify-backup.js'
import { discoverRoute } from './discover/discover.js'
import { getDiscoveryRoute } from './discover/get-discovery.js'
import { streamEventsRoute } from './events/stream-events.js'
import {
  cancelExecutionRoute,
  pauseExecutionRoute,
  resumeExecutionRoute,
} from './executions/change-execution.js'
import { getExecutionRoute } from './executions/get-execution.js'
import { listExecutionItemsRoute } from './executions/list-execution-items.js'
import { listExecutionsRoute } from './executions/list-executions.js'
import { retryExecutionRoute } from './executions/retry-execution.js'
import { healthRoute } from './health/health.js'
import { createPolicyRoute } from './policies/create-policy.js'
import { deletePolicyRoute } from './policies/delete-policy.js'
import { getPolicyRoute } from './policies/get-policy.js'
import { listPoliciesRoute } from './policies/list-policies.js'
import { previewPolicyRoute } from './policies/preview-policy.js'
import { updatePolicyRoute } from './policies/update-policy.js'
import { getCoverageRoute } from './coverage/get-coverage.js'
import { listJobLogRoute } from './job-log/list-job-log.js'
import { addGroupMembersRoute } from './machine-groups/add-group-members.js'
import { changeGroupMemberRoute } from './machine-groups/change-group-member.js'
import { createGroupRoute } from './machine-groups/create-group.js'
import { deleteGroupRoute } from './machine-groups/delete-group.js'
import { getGroupRoute } from './machine-groups/get-group.js'
import { listGroupMembersRoute } from './machine-groups/list-group-members.js'
import { listGroupsRoute } from './machine-groups/list-groups.js'
import { previewGroupRoute, previewSavedGroupRoute } from './machine-groups/preview-group.js'
import { removeGroupMemberRoute } from './machine-groups/remove-group-member.js'
import { updateGroupRoute } from './machine-groups/update-group.js'
import { createPlatformRoute } from './platforms/create-platform.js'
import { deletePlatformRoute } from './platforms/delete-platform.js'
import { getPlatformRoute } from './platforms/get-platform.js'
import { listPlatformsRoute } from './platforms/list-platforms.js'
import { testPlatformRoute } from './platforms/test-platform.js'
import { replacePlatformRoute, updatePlatformRoute } from './platforms/update-platform.js'
import {
  bulkDeleteFlowsRoute,
  bulkDisableFlowsRoute,
  bulkEnableFlowsRoute,
} from './protection-flows/bulk-flows.js'
import { cloneFlowRoute } from './protection-flows/clone-flow.js'
import { createFlowRoute } from './protection-flows/create-flow.js'
import { deleteFlowRoute } from './protection-flows/delete-flow.js'
import { executeFlowRoute } from './protection-flows/execute-flow.js'
import { getFlowStatusRoute } from './protection-flows/get-flow-status.js'
import { getFlowSummaryRoute } from './protection-flows/get-flow-summary.js'
import { getFlowRoute } from './protection-flows/get-flow.js'
import { listFlowExecutionsRoute } from './protection-flows/list-flow-executions.js'
import { listFlowsRoute } from './protection-flows/list-flows.js'
import { pauseAllFlowsRoute, resumeAllFlowsRoute } from './protection-flows/pause-all-flows.js'
import { disableFlowRoute, enableFlowRoute } from './protection-flows/switch-flow.js'
import { testFlowRoute } from './protection-flows/test-flow.js'
import { updateFlowRoute } from './protection-flows/update-flow.js'
import { createRepositoryRoute } from './repositories/create-repository.js'
import { deleteRepositoryRoute } from './repositories/delete-repository.js'
import { getRepositoryStorageRoute } from './repositories/get-repository-storage.js'
import { getRepositoryRoute } from './repositories/get-repository.js'
import { listRepositoriesRoute } from './repositories/list-repositories.js'
import { rescanRepositoryRoute } from './repositories/rescan-repository.js'
import { updateRepositoryRoute } from './repositories/update-repository.js'
import { createScheduleRoute } from './schedules/create-schedule.js'
import { deleteScheduleRoute } from './schedules/delete-schedule.js'
import { getScheduleRoute } from './schedules/get-schedule.js'
import { listScheduleExecutionsRoute } from './schedules/list-schedule-executions.js'
import { listSchedulesRoute } from './schedules/list-schedules.js'
import { previewSavedScheduleRoute, previewScheduleRoute } from './schedules/preview-schedule.js'
import { updateScheduleRoute } from './schedules/update-schedule.js'
import { getTransferLimitsRoute } from './transfer-limits/get-transfer-limits.js'
import { replaceTransferLimitsRoute } from './transfer-limits/replace-transfer-limits.js'
import { addVmContextsRoute } from './vm-contexts/add-vm-contexts.js'
import { getVmContextRoute } from './vm-contexts/get-vm-context.js'
import { listVmContextsRoute } from './vm-contexts/list-vm-contexts.js'

/** The registry: what answers each operation of the contract, literal paths before those with parameters. */
export const routes: readonly Route[] = [
  loginRoute,
  logoutRoute,
  changePasswordRoute,
  meRoute,
  healthRoute,
  listPlatformsRoute,
  createPlatformRoute,
  getPlatformRoute,
  replacePlatformRoute,
  updatePlatformRoute,
  deletePlatformRoute,
  testPlatformRoute,
  discoverRoute,
  getDiscoveryRoute,
  addVmContextsRoute,
  listVmContextsRoute,
  getVmContextRoute,
  listRepositoriesRoute,
  createRepositoryRoute,
  getRepositoryRoute,
  updateRepositoryRoute,
  deleteRepositoryRoute,
  getRepositoryStorageRoute,
  rescanRepositoryRoute,
  startBackupRoute,
  listBackupsRoute,
  getBackupChainRoute,
  getBackupRoute,
  deleteBackupRoute,
  cancelBackupRoute,
  auditBackupRoute,
  pauseBackupRoute,
  resumeBackupRoute,
  verifyBackupRoute,
  getDiskContentRoute,
  startBackupAliasRoute,
  listBackupsAliasRoute,
  getBackupChainAliasRoute,
  getBackupAliasRoute,
  deleteBackupAliasRoute,
  createFlowRoute,
  listFlowsRoute,
  getFlowSummaryRoute,
  bulkEnableFlowsRoute,
  bulkDisableFlowsRoute,
  bulkDeleteFlowsRoute,
  pauseAllFlowsRoute,
  resumeAllFlowsRoute,
  getFlowRoute,
  updateFlowRoute,
  deleteFlowRoute,
  enableFlowRoute,
  disableFlowRoute,
  executeFlowRoute,
  listFlowExecutionsRoute,
  getFlowStatusRoute,
  testFlowRoute,
  cloneFlowRoute,
  listExecutionsRoute,
  getExecutionRoute,
  listExecutionItemsRoute,
  cancelExecutionRoute,
  pauseExecutionRoute,
  resumeExecutionRoute,
  retryExecutionRoute,
  listGroupsRoute,
  createGroupRoute,
  previewGroupRoute,
  getGroupRoute,
  updateGroupRoute,
  deleteGroupRoute,
  listGroupMembersRoute,
  addGroupMembersRoute,
  changeGroupMemberRoute,
  removeGroupMemberRoute,
  previewSavedGroupRoute,
  listSchedulesRoute,
  createScheduleRoute,
  previewScheduleRoute,
  getScheduleRoute,
  updateScheduleRoute,
  deleteScheduleRoute,
  previewSavedScheduleRoute,
  listScheduleExecutionsRoute,
  listPoliciesRoute,
  createPolicyRoute,
  getPolicyRoute,
  updatePolicyRoute,
  deletePolicyRoute,
  previewPolicyRoute,
  getTransferLimitsRoute,
  replaceTransferLimitsRoute,
  getCoverageRoute,
  listJobLogRoute,
  streamEventsRoute,
]
