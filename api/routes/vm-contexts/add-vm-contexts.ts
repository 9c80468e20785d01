import type { Platform } from '../../../domain/platform.js'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { upsertContext } from '../../../drizzle/queries/vm-context-upsert.js'
import type { ApiContext } from '../../context.js'
import { addVmContexts } from '../../contract/vm-contexts.js'
import { newDiscoveryId, runDiscovery } from '../../discovery.js'
import { ApiProblem, serviceUnavailable } from '../../problem.js'
import { route } from '../../route.js'
import { toVmContextViews } from '../../views/vm-context.js'
import { findPlatform } from '../platforms/find-platform.js'

export const addVmContextsRoute = route(addVmContexts, async ({ context, body }) => {
  const platform = await findPlatform(context.db, body.platform_id)
  const discovered = new Map((await discoverAll(context, platform)).map((vm) => [vm.id, vm]))
  const wanted = [...new Set(body.vm_ids)]
  const unknown = wanted.filter((id) => !discovered.has(id))
  if (unknown.length > 0) throw unknownVms(platform, unknown)
  const now = new Date().toISOString()
  const contexts = []
  for (const id of wanted) {
    const vm = discovered.get(id)
    if (vm !== undefined) contexts.push((await upsertContext(context.db, platform, vm, now)).context)
  }
  context.hub.publish('vm-contexts', { id: null })
  return {
    status: 201,
    body: { vm_contexts: await toVmContextViews(context.db, contexts) },
    subject: platform.id,
  }
})

// Asked afresh: what was discovered a while ago may have moved, grown or gone.
async function discoverAll(context: ApiContext, platform: Platform): Promise<readonly DiscoveredVm[]> {
  const input = {
    requestId: newDiscoveryId(),
    platformId: platform.id,
    adHoc: null,
    filter: null,
    datacenter: platform.datacenter,
  }
  const found = await runDiscovery(context, input, platform.name)
  if (found.done) return found.result
  throw serviceUnavailable(
    `The discovery of ${platform.name} has not ended yet`,
    'Check that a worker runs and that the platform answers, then try again.',
  )
}

const unknownVms = (platform: Platform, ids: readonly string[]): ApiProblem =>
  new ApiProblem(
    404,
    'vm-not-found',
    `Platform ${platform.name} has no VM with the instance UUID ${ids.join(', ')}`,
    {
      errors: ids.map((id) => ({ path: 'body.vm_ids', message: `${id} is not known there` })),
      remedy: 'Discover the platform again and choose from what it reports.',
    },
  )
