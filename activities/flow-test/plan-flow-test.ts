import type { FlowCheck } from '../../domain/flow-check.js'
import { good, problem, timeChecks, warning } from '../../domain/rules/flow-checks.js'
import { requiredRoom } from '../../domain/rules/required-room.js'
import type { VmContext } from '../../domain/vm-context.js'
import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { readAllPaused } from '../../drizzle/queries/all-paused.js'
import { listBackups } from '../../drizzle/queries/backups.js'
import { openExecutionsOf } from '../../drizzle/queries/execution-lists.js'
import { relatedFlowById } from '../../drizzle/queries/flow-lists.js'
import type { RelatedFlow } from '../../drizzle/queries/flow-lists.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { repositoryById } from '../../drizzle/queries/repositories.js'
import { resolveTarget } from '../../drizzle/queries/targets.js'
import { disksOf } from '../../drizzle/queries/vm-contexts.js'
import type { FlowTestPlan, FlowTestSteps, PlatformQuestion, RepositoryQuestion } from '../flow-test-steps.js'

export interface FlowTestDependencies {
  readonly db: Db
  readonly now: () => Date
  readonly site: string
}

const mostVms = 50

/** Safe to run twice: it reads only. */
export const planFlowTest =
  ({ db, now, site }: FlowTestDependencies): FlowTestSteps['planFlowTest'] =>
  async ({ flowId }) => {
    const related = await relatedFlowById(db, flowId)
    if (related === undefined) throw new Failure('not-found', `There is no flow ${flowId}`, { retry: false })
    const target = await resolveTarget(db, related.flow)
    const vms = target?.vms.map(({ context }) => context) ?? []
    const asked = vms.slice(0, mostVms)
    const [open, allPaused, repository] = await Promise.all([
      openExecutionsOf(db, flowId),
      readAllPaused(db),
      repositoryOf(db, related, asked),
    ])
    const { flow, schedule } = related
    const tested = {
      ...{ flow, schedule, allPausedBy: allPaused?.by ?? null },
      openExecution: open[0]?.execution.id ?? null,
    }
    return {
      checks: [
        targetCheck(related, target === undefined, vms.length),
        ...(vms.length > mostVms ? [onlySome(vms.length)] : []),
        ...timeChecks(tested, now()),
        ...repository.checks,
      ],
      platforms: await platformsOf(db, asked, site),
      repository: repository.question,
    } satisfies FlowTestPlan
  }

function targetCheck({ flow, target_name }: RelatedFlow, isGone: boolean, count: number): FlowCheck {
  const what = flow.target_type === 'vm' ? 'VM' : 'group'
  if (isGone)
    return problem('target', `The ${what} ${flow.target_id} is gone`, 'Choose what the flow is to protect.')
  if (count === 0)
    return problem('target', `Group ${target_name ?? ''} has no VM that is enabled`, 'Add VMs to the group.')
  return good('target', `${target_name ?? ''}: ${count} VM(s)`)
}

const onlySome = (count: number): FlowCheck =>
  warning('VMs', `Of ${count} VMs the first ${mostVms} were looked at`, null)

async function platformsOf(db: Db, vms: readonly VmContext[], site: string): Promise<PlatformQuestion[]> {
  const ids = [...new Set(vms.map((vm) => vm.platform_id))]
  return await Promise.all(
    ids.map(async (platformId) => ({
      platformId,
      name: (await platformById(db, platformId))?.name ?? platformId,
      site,
      vmContextIds: vms.filter((vm) => vm.platform_id === platformId).map((vm) => vm.id),
    })),
  )
}

async function repositoryOf(
  db: Db,
  { flow }: RelatedFlow,
  vms: readonly VmContext[],
): Promise<{ checks: FlowCheck[]; question: RepositoryQuestion | null }> {
  const repository = flow.repository_id === null ? undefined : await repositoryById(db, flow.repository_id)
  if (repository === undefined)
    return { checks: [problem('repository', 'It has no repository', 'Choose a repository.')], question: null }
  const off = problem(
    'repository',
    `Repository ${repository.name} is switched off`,
    'Switch it on, or choose another.',
  )
  const rooms = await Promise.all(vms.map((vm) => roomFor(db, vm, repository.id)))
  const neededBytes = rooms.reduce((sum, room) => sum + room, 0)
  return {
    checks: repository.enabled ? [] : [off],
    question: { repositoryId: repository.id, name: repository.name, neededBytes },
  }
}

/** As a start reckons it: the last full of the VM there, or its thick disks. */
async function roomFor(db: Db, vm: VmContext, repositoryId: number): Promise<number> {
  const last = {
    vm_context_id: vm.id,
    repository_id: repositoryId,
    status: 'completed',
    backup_type: 'full',
  } as const
  const [disks, { rows }] = await Promise.all([disksOf(db, vm.id), listBackups(db, last, { limit: 1 })])
  return requiredRoom(
    disks
      .filter((disk) => disk.present && disk.left_out === null)
      .map((disk) => ({ capacityBytes: disk.capacity_bytes, provisioningType: disk.provisioning_type })),
    rows[0]?.bytes_stored ?? null,
  )
}
