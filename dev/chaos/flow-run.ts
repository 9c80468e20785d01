import type { BackupList } from '../../api/contract/backups.js'
import type { ExecutionDetails, ItemList } from '../../api/contract/executions.js'
import type { FlowResponse } from '../../api/contract/protection-flows.js'
import { addLab, addRepository, startProduct } from '../testing/product.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'

/** A running product with one flow over a group of twenty VMs. */
export interface FlowScene {
  readonly product: Product
  readonly flow: FlowResponse
  readonly repositoryPath: string
}

const lanes = 4
const endMs = 600_000

export const openFlowScene = async (): Promise<FlowScene> => {
  const product = await startProduct({ SENDENSE_LAB_SCENARIO: 'twenty', SENDENSE_SWEEP_SECONDS: '15' })
  try {
    const platform_id = await addLab(product)
    const found = await product.call<{ vms: { id: string }[] }>('POST', '/discover', { platform_id })
    const added = await product.call<{ vm_contexts: { id: string }[] }>('POST', '/vm-contexts', {
      platform_id,
      vm_ids: found.vms.map(({ id }) => id),
    })
    const repository = await addRepository(product, 'first')
    const group = await product.call<{ id: string }>('POST', '/machine-groups', {
      name: 'All nodes',
      max_concurrent_vms: lanes,
    })
    await product.call('POST', `/machine-groups/${group.id}/members`, {
      vm_context_ids: added.vm_contexts.map(({ id }) => id),
    })
    const flow = await product.call<FlowResponse>('POST', '/protection-flows', {
      name: 'Nodes to first',
      flow_type: 'backup',
      target_type: 'group',
      target_id: group.id,
      repository_id: repository.id,
    })
    return { product, flow, repositoryPath: repository.path }
  } catch (error) {
    await product[Symbol.asyncDispose]()
    throw error
  }
}

export const execute = async ({ product, flow }: FlowScene): Promise<string> =>
  (await product.call<{ id: string }>('POST', `/protection-flows/${flow.id}/execute`)).id

/** Waits until `is` wants of it what it is; an answer that does not come is asked for again. */
export const executionWhen = (
  { product }: FlowScene,
  id: string,
  is: (execution: ExecutionDetails) => boolean,
): Promise<ExecutionDetails> => {
  let last: ExecutionDetails | undefined
  return until(
    async () => {
      last = await product.call<ExecutionDetails>('GET', `/executions/${id}`).catch(() => undefined)
      return last !== undefined && is(last) && last
    },
    () => `execution ${id} never came there: ${JSON.stringify(last).slice(0, 3000)}`,
    endMs,
  )
}

export const hasEnded = ({ status }: ExecutionDetails): boolean =>
  ['success', 'warning', 'error', 'cancelled'].includes(status)

/** What is not true of an ended execution, in sentences: counters, items and the backups themselves compared. */
export const untruths = async ({ product, flow }: FlowScene, ended: ExecutionDetails): Promise<string[]> => {
  const { items } = await product.call<ItemList>('GET', `/executions/${ended.id}/items?limit=500`)
  const { backups } = await product.call<BackupList>('GET', '/backups?limit=200')
  const own = backups.filter(({ execution_id }) => execution_id === ended.id)
  const good = own.filter(({ status }) => status === 'completed')
  const twice = good.filter(
    (one, at) => good.findIndex((other) => other.vm_context_id === one.vm_context_id) < at,
  )
  const counted = (status: string): number => items.filter((item) => item.status === status).length
  const after = await product.call<FlowResponse>('GET', `/protection-flows/${flow.id}`)
  const said = [
    [ended.vms_total, items.length, 'VMs in all'],
    [ended.jobs_completed, counted('completed'), 'completed items'],
    [ended.jobs_failed, counted('failed'), 'failed items'],
    [ended.jobs_skipped, counted('skipped'), 'skipped items'],
    [ended.jobs_completed, good.length, 'completed backups'],
    [ended.jobs_created, own.length, 'backups'],
    [ended.bytes_transferred, own.reduce((sum, one) => sum + one.bytes_transferred, 0), 'bytes'],
    [ended.created_job_ids.length, own.length, 'job ids'],
  ] as const
  return [
    ...said
      .filter(([says, is]) => says !== is)
      .map(([says, is, what]) => `it says ${says} ${what}, and ${is} there are`),
    ...twice.map(({ vm_name, id }) => `${vm_name} was backed up twice, once more as ${id}`),
    ...(after.status.last_execution_id === ended.id ? [] : ['the flow names another execution as its last']),
    ...(after.status.last_execution_status === ended.status ? [] : ['the flow tells another end']),
  ]
}
