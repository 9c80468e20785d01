import { Failure } from '../../domain/failure.js'
import type { FlowCheck } from '../../domain/flow-check.js'
import { good, problem, vmChecks } from '../../domain/rules/flow-checks.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { Db } from '../../drizzle/open.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { contextById } from '../../drizzle/queries/vm-contexts.js'
import { eachLimited } from '../blocks/each-limited.js'
import type { PlatformConnections } from '../connections.js'
import type { PlatformConnection } from '../platforms/platform.js'
import type { CheckVmsInput } from '../flow-test-steps.js'

const atOnce = 5
/** Less than the step's own time: what has been seen by then is told. */
const enoughMs = 25_000

/** Safe to run twice: it reads only. What is wrong is a line of the answer; VMs without a problem are one line together. */
export const checkVms =
  ({ db, connections }: { readonly db: Db; readonly connections: PlatformConnections }) =>
  async ({ platformId, vmContextIds }: CheckVmsInput): Promise<{ checks: FlowCheck[] }> => {
    const platform = await platformById(db, platformId)
    if (platform === undefined)
      throw new Failure('not-found', `There is no platform ${platformId}`, { retry: false })
    const connection = await connections.to(platform)
    const deadline = performance.now() + enoughMs
    const found = new Map<string, FlowCheck[]>()
    let late = 0
    await eachLimited(listed(vmContextIds), atOnce, async (id) => {
      const context = await contextById(db, id)
      if (context === undefined) return
      if (performance.now() > deadline) late += 1
      else found.set(id, await checkVm(connection, context))
    })
    const fine = [...found.values()].filter((checks) => checks.length === 0).length
    return {
      checks: [
        ...(fine > 0
          ? [good(`VMs on ${platform.name}`, `${fine} of ${vmContextIds.length} VM(s) can be backed up`)]
          : []),
        ...vmContextIds.flatMap((id) => found.get(id) ?? []),
        ...(late > 0 ? [tooSlow(platform.name, late)] : []),
      ],
    }
  }

async function checkVm({ inventory }: PlatformConnection, context: VmContext): Promise<FlowCheck[]> {
  try {
    const vm = await inventory.vmById(context.instance_uuid)
    return vmChecks(vm, await inventory.datastoresOf(vm))
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [problem(`VM ${context.vm_name}`, `${context.vm_name}: ${error.message}`, error.remedy ?? null)]
  }
}

const tooSlow = (name: string, count: number): FlowCheck =>
  problem(
    `VMs on ${name}`,
    `${count} VM(s) could not be looked at within ${enoughMs / 1000} s`,
    'Try again when the platform is less busy.',
  )

async function* listed(ids: readonly string[]): AsyncIterable<string> {
  for (const id of ids) yield await Promise.resolve(id)
}
