import type { QueryClient } from '@tanstack/react-query'
import { getBackup, getBackupChain, listBackups } from '../../api/contract/backups.js'
import type { EventTopic } from '../../api/contract/events.js'
import { getExecution, listExecutionItems, listExecutions } from '../../api/contract/executions.js'
import {
  getGroup,
  listGroupMembers,
  listGroups,
  previewSavedGroup,
} from '../../api/contract/machine-groups.js'
import { getPlatform, listPlatforms } from '../../api/contract/platforms.js'
import { getPolicy, listPolicies, previewPolicy } from '../../api/contract/policies.js'
import { getFlow, getFlowStatus, getFlowSummary, listFlows } from '../../api/contract/protection-flows.js'
import { getRepository, getRepositoryStorage, listRepositories } from '../../api/contract/repositories.js'
import {
  getSchedule,
  listScheduleExecutions,
  listSchedules,
  previewSavedSchedule,
} from '../../api/contract/schedules.js'
import { getVmContext, listVmContexts } from '../../api/contract/vm-contexts.js'

const flows = [listFlows.name, getFlow.name, getFlowStatus.name, getFlowSummary.name]

const staleAfter: Readonly<Record<EventTopic, readonly string[]>> = {
  backups: [
    listBackups.name,
    getBackupChain.name,
    listVmContexts.name,
    getVmContext.name,
    getRepositoryStorage.name,
  ],
  executions: [listExecutions.name, getExecution.name, listExecutionItems.name, ...flows],
  // Schedules and groups say how many flows use them; a due time that started nothing changes its flow.
  flows: [...flows, listSchedules.name, listScheduleExecutions.name, listGroups.name, listPolicies.name],
  'machine-groups': [listGroups.name, getGroup.name, listGroupMembers.name, previewSavedGroup.name, ...flows],
  // How a platform's certificate is judged is shown with its VMs and runs.
  platforms: [
    listPlatforms.name,
    getPlatform.name,
    listVmContexts.name,
    getVmContext.name,
    listBackups.name,
    getBackup.name,
  ],
  policies: [listPolicies.name, getPolicy.name, previewPolicy.name, ...flows],
  repositories: [listRepositories.name, getRepository.name, getRepositoryStorage.name],
  schedules: [
    listSchedules.name,
    getSchedule.name,
    previewSavedSchedule.name,
    listScheduleExecutions.name,
    ...flows,
  ],
  'vm-contexts': [listVmContexts.name, getVmContext.name],
}

/** Asks again for everything that shows what a topic is about. */
export const askStale = (client: QueryClient, topic: EventTopic): void => {
  for (const name of staleAfter[topic]) void client.invalidateQueries({ queryKey: [name] })
}
