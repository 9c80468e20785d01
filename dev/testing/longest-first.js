// Jest knows how long a file takes from its cache alone; a fresh clone has none and would begin with the biggest
// files, so that a small file of minutes ends alone. These are known to take longest, in this order.
export const longest = [
  'activities/catalog/many-flows.int',
  'activities/catalog/executions/run-flow.int',
  'activities/blocks/kills.int',
  'activities/schedule/sync.int',
  'activities/repository/delete-point.int',
  'activities/transfer/reopen.int',
  'activities/schedule/due-times.int',
  'dev/up.int',
  'workflows/run-flow.int',
  'workflows/in-turn.int',
  'workflows/pause-resume.int',
  'activities/catalog/backup-run.int',
  'activities/repository/points.int',
  'activities/blocks/copy.int',
  'workflows/sweep-leftovers.int',
  'workflows/repository-full.int',
  'activities/catalog/pinned-run.int',
  'activities/platforms/vmware/vmware.int',
  'workflows/audit.int',
  'activities/transfer/audit-disk.int',
  'activities/blocks/memory.int',
  'lab/guests/boot.int',
  'lab/guests/demo-disks.int',
  'dev/chaos/backup.e2e',
  'workflows/outages.e2e',
  'dev/chaos/chain.e2e',
  'workflows/pause-resume.e2e',
  'dev/chaos/increments.e2e',
  'workflows/fencing.e2e',
  'dev/chaos/flow-run.e2e',
  'dev/chaos/pins.e2e',
  'workflows/backup-vm.e2e',
  'workflows/audit.e2e',
  'workflows/repository-full.e2e',
  'workflows/resume.e2e',
  'web/e2e/flows.e2e',
  'web/e2e/chain.e2e',
]

const place = ({ path }) => {
  const found = longest.findIndex((name) => path.endsWith(`/${name}.test.ts`))
  return found === -1 ? longest.length : found
}

/** Jest's `testSequencer`: the files that are known to take longest first, so that no suite ends on one of them. */
export default function longestFirst() {
  return {
    sort: (tests) => [...tests].sort((a, b) => place(a) - place(b) || a.path.localeCompare(b.path)),
    shard: (tests) => tests,
    allFailedTests: (tests) => tests,
    cacheResults: () => undefined,
  }
}
