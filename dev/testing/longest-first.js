// Jest knows how long a file takes from its cache alone; a fresh clone has none and would begin with the biggest
// files, so that a small file of minutes ends alone. These are known to take longest, in this order.
export const longest = [
  'activities/catalog/many-flows.int',
  'activities/transfer/audit-disk.int',
  'workflows/run-flow.int',
  'activities/catalog/executions/run-flow.int',
  'activities/schedule/sync.int',
  'activities/repository/delete-point.int',
  'activities/schedule/due-times.int',
  'dev/up.int',
  'workflows/audit.int',
  'workflows/sweep-leftovers.int',
  'lab/guests/demo-disks.int',
  'dev/chaos/backup.e2e',
  'workflows/outages.e2e',
  'dev/chaos/increments.e2e',
  'dev/chaos/chain.e2e',
  'workflows/pause-resume.e2e',
  'workflows/fencing.e2e',
  'workflows/backup-vm.e2e',
  'web/e2e/flows.e2e',
  'workflows/repository-full.e2e',
  'dev/chaos/flow-run.e2e',
  'dev/chaos/pins.e2e',
  'workflows/audit.e2e',
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
