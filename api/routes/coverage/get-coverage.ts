import type { CoverageFound, CoveringFlow } from '../../../domain/rules/coverage.js'
import { lastGoodOf, readCoverage } from '../../../drizzle/queries/coverage.js'
import type { PlacedVm } from '../../../drizzle/queries/coverage.js'
import { getCoverage } from '../../contract/coverage.js'
import type { Coverage } from '../../contract/coverage.js'
import { route } from '../../route.js'

const shown = 200

export const getCoverageRoute = route(getCoverage, async ({ context }) => {
  const found = await readCoverage(context.db, new Date())
  const unprotected = found.unprotected.slice(0, shown)
  const stale = found.stale.slice(0, shown)
  const ids = [...unprotected, ...stale].map(({ vm }) => vm.id)
  const newest = await lastGoodOf(context.db, [...new Set(ids)])
  // ISO times of one form: the newest is the last in order.
  const lastGood = (vm: string, repositoryId?: number | null): string | null =>
    newest
      .filter((one) => one.vmContextId === vm && (repositoryId ?? one.repositoryId) === one.repositoryId)
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? null
  return { status: 200, body: { ...toLists(found, { unprotected, stale, lastGood }), ...totalsOf(found) } }
})

const totalsOf = (found: CoverageFound<PlacedVm>) => ({
  vms_total: found.protectedTotal + found.unprotected.length,
  protected_total: found.protectedTotal,
  unprotected_total: found.unprotected.length,
  stale_total: found.stale.length,
  in_several_flows_total: found.inSeveral.length,
})

type Lists = Pick<Coverage, 'unprotected' | 'stale' | 'in_several_flows'>

const toLists = (
  found: CoverageFound<PlacedVm>,
  {
    unprotected,
    stale,
    lastGood,
  }: Pick<CoverageFound<PlacedVm>, 'unprotected' | 'stale'> & {
    readonly lastGood: (vm: string, repositoryId?: number | null) => string | null
  },
): Lists => ({
  unprotected: unprotected.map(({ vm, disabledFlows }) => ({
    ...named(vm),
    disabled_flows: disabledFlows.map(namedFlow),
    last_good_at: lastGood(vm.id),
  })),
  stale: stale.map(({ vm, flow, promisedAt }) => ({
    ...named(vm),
    flow: namedFlow(flow),
    last_good_at: lastGood(vm.id, flow.repositoryId),
    promised_at: promisedAt.toISOString(),
  })),
  in_several_flows: found.inSeveral
    .slice(0, shown)
    .map(({ vm, flows }) => ({ ...named(vm), flows: flows.map(namedFlow) })),
})

const named = (vm: PlacedVm) => ({ vm_context_id: vm.id, vm_name: vm.name, platform_name: vm.platformName })
const namedFlow = ({ id, name }: CoveringFlow) => ({ id, name })
