import type { DiscoveredDisk, DiscoveredVm } from '../vm.js'
import { timeChecks, vmChecks } from './flow-checks.js'
import type { TestedFlow } from './flow-checks.js'

const now = new Date('2026-05-01T12:00:00Z')
const nightly = { name: 'Nightly', cron: '0 2 * * *', timezone: 'UTC', enabled: true }
const flow = {
  ...{ enabled: true, schedule_id: 'sched-1', window_start: null, window_end: null },
  ...{ version: 3, synced_version: 3, sync_error: null },
}
const tested: TestedFlow = { flow, schedule: nightly, openExecution: null, allPausedBy: null }

test.each<{ name: string; change: Partial<TestedFlow>; said: string }>([
  { name: 'all is well', change: {}, said: 'ok schedule: Nightly rings next at 2026-05-02T02:00:00.000Z' },
  { name: 'no schedule', change: { schedule: null }, said: 'warning schedule: It has no schedule' },
  {
    name: 'a disabled flow',
    change: { flow: { ...flow, enabled: false } },
    said: 'warning schedule: The flow is',
  },
  {
    name: 'a disabled schedule',
    change: { schedule: { ...nightly, enabled: false } },
    said: 'warning schedule: Its',
  },
  {
    name: 'a cron that never fires',
    change: { schedule: { ...nightly, cron: '0 0 31 2 *' } },
    said: 'error schedule: Schedule Nightly never rings',
  },
  {
    name: 'Temporal behind',
    change: { flow: { ...flow, synced_version: 2 } },
    said: "warning schedule: Temporal's",
  },
  {
    name: 'Temporal refusing',
    change: { flow: { ...flow, sync_error: 'away' } },
    said: "error schedule: Temporal's",
  },
  { name: 'an open execution', change: { openExecution: 'exec-1' }, said: 'warning busy: exec-1 is open' },
  {
    name: 'a pause of all',
    change: { allPausedBy: 'ann' },
    said: 'warning paused: All flows are paused by ann',
  },
  {
    name: 'a window that nothing reaches',
    change: { flow: { ...flow, window_start: '08:00', window_end: '18:00' } },
    said: 'error window: No due time',
  },
  {
    name: 'a due time outside the window',
    change: {
      flow: { ...flow, window_start: '22:00', window_end: '04:00' },
      schedule: { ...nightly, cron: '0 */6 * * *' },
    },
    said: 'rings next at 2026-05-01T18:00:00.000Z, and in its window at 2026-05-02T00:00:00.000Z',
  },
  {
    name: 'a window that is reached',
    change: { flow: { ...flow, window_start: '22:00', window_end: '04:00' } },
    said: 'ok window: It runs from 22:00 to 04:00 (UTC)',
  },
])('$name is told', ({ change, said }) => {
  const lines = timeChecks({ ...tested, ...change }, now).map(
    ({ severity, name, detail }) => `${severity} ${name}: ${detail}`,
  )
  expect(lines).toContainEqual(expect.stringContaining(said))
})

const disk = { label: 'Hard disk 1', backing_uuid: 'u', left_out: null } as DiscoveredDisk
const vm = {
  ...{ name: 'pg1', disks: [disk], consolidation_needed: false, has_snapshots: false },
  change_tracking: { supported: true, enabled: true },
} as DiscoveredVm
const store = { name: 'store1', capacityBytes: 100, freeBytes: 50 }

test.each<{ name: string; change: Partial<DiscoveredVm>; free?: number; said: string[] }>([
  { name: 'a VM without a problem', change: {}, said: [] },
  {
    name: 'tracking that is off',
    change: { change_tracking: { supported: true, enabled: false } },
    said: [],
  },
  {
    name: 'tracking that is off under snapshots',
    change: { change_tracking: { supported: true, enabled: false }, has_snapshots: true },
    said: ['warning'],
  },
  {
    name: 'no tracking',
    change: { change_tracking: { supported: false, enabled: false } },
    said: ['warning'],
  },
  { name: 'consolidation', change: { consolidation_needed: true }, said: ['error'] },
  { name: 'no disks', change: { disks: [] }, said: ['error'] },
  {
    name: 'a disk left out',
    change: { disks: [disk, { ...disk, left_out: 'independent' }] },
    said: ['warning'],
  },
  { name: 'a datastore that is nearly full', change: {}, free: 4, said: ['error'] },
])('$name: $said', ({ change, free = 50, said }) => {
  const checks = vmChecks({ ...vm, ...change }, [{ ...store, freeBytes: free }])
  expect(checks.map(({ severity }) => severity)).toEqual(said)
  for (const check of checks) expect(check.remedy).toBeTruthy()
})
