import { coverageOf, latestPromise, promisedBy, wasPromised } from './coverage.js'
import type { CoveringFlow } from './coverage.js'
import { parseCron } from './cron.js'

const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 21, hour))
const flow = (id: string, vms: readonly string[], change: Partial<CoveringFlow> = {}): CoveringFlow => ({
  id,
  name: id,
  enabled: true,
  repositoryId: 1,
  vms: new Set(vms),
  promisedAt: null,
  ...change,
})
const coverage = (flows: readonly CoveringFlow[], lastGood: Readonly<Record<string, number>> = {}) =>
  coverageOf({
    vms: ['b', 'a', 'c'].map((id) => ({ id, name: id })),
    flows,
    lastGood: (id, repositoryId) => {
      const hour = lastGood[`${id} ${repositoryId}`]
      return hour === undefined ? null : at(hour)
    },
  })

test('VMs that no enabled flow takes, with the disabled ones that would', () => {
  const found = coverage([
    flow('f1', ['a']),
    flow('f2', ['b'], { enabled: false }),
    flow('f3', ['a'], { enabled: false }),
  ])
  expect(found.protectedTotal).toBe(1)
  expect(
    found.unprotected.map(({ vm, disabledFlows }) => `${vm.id} ${disabledFlows.map(({ id }) => id).join()}`),
  ).toEqual(['b f2', 'c '])
})

test('VMs in several enabled flows, most first', () => {
  const found = coverage([
    flow('f1', ['a', 'b']),
    flow('f2', ['a', 'b']),
    flow('f3', ['b']),
    flow('f4', ['c'], { enabled: false }),
    flow('f5', ['c']),
  ])
  expect(found.inSeveral.map(({ vm, flows }) => `${vm.id} ${flows.length}`)).toEqual(['b 3', 'a 2'])
})

test.each<[string, CoveringFlow[], Record<string, number>, string[]]>([
  ['a point since the promise', [flow('f', ['a'], { promisedAt: at(6) })], { 'a 1': 6 }, []],
  ['a point before it', [flow('f', ['a'], { promisedAt: at(6) })], { 'a 1': 5 }, ['a f 5']],
  ['a point in another repository', [flow('f', ['a'], { promisedAt: at(6) })], { 'a 2': 9 }, ['a f -']],
  ['no promise', [flow('f', ['a'])], {}, []],
  ['a disabled flow promises nothing', [flow('f', ['a'], { promisedAt: at(6), enabled: false })], {}, []],
  [
    'the worst of several, what has none first',
    [flow('f', ['a', 'b'], { promisedAt: at(6) }), flow('g', ['a'], { promisedAt: at(3), repositoryId: 2 })],
    { 'a 1': 5, 'a 2': 2 },
    ['b f -', 'a g 2'],
  ],
])('stale: %s', (_, flows, lastGood, expected) => {
  expect(
    coverage(flows, lastGood).stale.map(
      ({ vm, flow: of, lastGoodAt }) => `${vm.id} ${of.id} ${lastGoodAt?.getUTCHours() ?? '-'}`,
    ),
  ).toEqual(expected)
})

test.each([
  { name: 'two hours without a bound', maxRunMinutes: null, jitterSeconds: 0, hour: 10 },
  { name: 'its own bound', maxRunMinutes: 360, jitterSeconds: 0, hour: 6 },
  { name: 'jitter comes on top', maxRunMinutes: 60, jitterSeconds: 3600, hour: 10 },
])('what is allowed: $name', ({ maxRunMinutes, jitterSeconds, hour }) => {
  expect(promisedBy({ maxRunMinutes, jitterSeconds }, at(12))).toEqual(at(hour))
})

test.each([
  { name: 'it was recorded', created: 1, rung: 9, isRecorded: true, is: true },
  { name: 'it is still to be accounted for', created: 1, rung: 5, isRecorded: false, is: true },
  { name: 'the flow began to ring later', created: 1, rung: 9, isRecorded: false, is: false },
  { name: 'the flow was made later', created: 7, rung: null, isRecorded: false, is: false },
  { name: 'nothing is known of it', created: 1, rung: null, isRecorded: false, is: true },
])('a due time at six, $name: $is', ({ created, rung, isRecorded, is }) => {
  const flowSays = { createdAt: at(created), rungUntil: rung === null ? null : at(rung), isRecorded }
  expect(wasPromised(at(6), flowSays)).toBe(is)
})

test.each([
  { name: 'no window', cron: '0 * * * *', window: [null, null], at: '2026-05-02T12:00:00.000Z' },
  {
    name: 'the latest due time is outside the window',
    cron: '0 * * * *',
    window: ['22:00', '06:00'],
    at: '2026-05-02T03:00:00.000Z',
  },
  { name: 'it is inside', cron: '30 * * * *', window: ['13:00', '15:00'], at: '2026-05-02T11:30:00.000Z' },
  { name: 'nothing is ever due inside', cron: '0 12 * * *', window: ['22:00', '06:00'], at: null },
  { name: 'nothing was due inside yet', cron: '0 0 1 6 *', window: ['22:00', '06:00'], at: null },
])('what a window lets a schedule promise: $name', ({ cron, window: [start, end], at: expected }) => {
  const parsed = parseCron(cron).cron
  if (parsed === null) throw new Error(cron)
  const hours = { window_start: start ?? null, window_end: end ?? null, timezone: 'Europe/Berlin' }
  const span = { after: new Date('2026-04-01T00:00:00Z'), until: new Date('2026-05-02T12:10:00Z') }
  expect(latestPromise(parsed, hours, span)?.toISOString() ?? null).toBe(expected)
})
