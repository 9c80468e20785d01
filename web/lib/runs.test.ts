import { isOpenRun, itemsInWords, percentOfItems } from './runs.js'

test.each([
  { status: 'pending' as const, total: 0, done: 0, percent: 0 },
  { status: 'running' as const, total: 8, done: 2, percent: 25 },
  { status: 'running' as const, total: 8, done: 8, percent: 99 },
  { status: 'paused' as const, total: 3, done: 3, percent: 99 },
  { status: 'success' as const, total: 8, done: 8, percent: 100 },
  { status: 'cancelled' as const, total: 8, done: 2, percent: 25 },
  { status: 'error' as const, total: 0, done: 0, percent: 100 },
])('a run that is $status shows $done of $total VMs as $percent %', ({ status, total, done, percent }) => {
  expect(percentOfItems({ status, vms_total: total, vms_processed: done })).toBe(percent)
})

test('what became of the VMs is said without what did not happen', () => {
  const none = {
    vms_total: 1200,
    vms_processed: 0,
    jobs_completed: 0,
    jobs_failed: 0,
    jobs_skipped: 0,
    jobs_cancelled: 0,
  }
  expect(itemsInWords({ ...none, vms_total: 1 })).toBe('0 of 1 VM ended')
  expect(itemsInWords(none)).toBe('0 of 1,200 VMs ended')
  expect(
    itemsInWords({ ...none, vms_processed: 13, jobs_completed: 10, jobs_failed: 2, jobs_skipped: 1 }),
  ).toBe('13 of 1,200 VMs ended: 10 completed, 2 failed, 1 skipped')
})

test('a paused run is open and a cancelled one is not', () => {
  expect([isOpenRun('paused'), isOpenRun('cancelled')]).toEqual([true, false])
})
