import { noTransferLimits, TransferLimits } from '../../../domain/transfer-limits.js'
import { withNewHours } from './hours-draft.js'
import { isSameDraft, limitsDraftOf, limitsRequestOf, mostHours, noPlatformLimits } from './limits-draft.js'

const limits: TransferLimits = {
  process: { bytes_per_second: 209_715_200, calendar: null },
  copy: { bytes_per_second: null, calendar: null },
  platforms: [
    {
      platform_id: 'platform-main-1f2e',
      bytes_per_second: 104_857_600,
      max_connections: 8,
      calendar: {
        timezone: 'Europe/Berlin',
        entries: [
          { days: ['mon', 'fri'], from: '08:00', to: '18:00', bytes_per_second: 20_971_520 },
          { days: ['fri'], from: '22:00', to: '06:00', bytes_per_second: 'stopped' },
          { days: ['sun'], from: '00:00', to: '00:00', bytes_per_second: 'unlimited' },
        ],
      },
    },
  ],
}
const draft = limitsDraftOf(limits)
const none = limitsDraftOf(noTransferLimits)

test('a form sends back the limits that it was opened with', () => {
  expect(limitsRequestOf(draft)).toEqual(limits)
  expect(limitsRequestOf(none)).toEqual(noTransferLimits)
})

test('rates stand in MiB/s, and an empty field is no limit', () => {
  expect(draft.process.rate).toBe('200')
  expect(draft.copy.rate).toBe('')
  expect(draft.platforms['platform-main-1f2e']?.hours.map(({ kind, rate }) => [kind, rate])).toEqual([
    ['rate', '20'],
    ['stopped', ''],
    ['unlimited', ''],
  ])
})

test.each([
  { name: 'a rate', change: { rate: '5' }, sent: { bytes_per_second: 5_242_880 } },
  { name: 'connections', change: { connections: '2' }, sent: { max_connections: 2 } },
])('a platform that has only $name is sent, one that has nothing is left out', ({ change, sent }) => {
  const platforms = { a: { ...noPlatformLimits, ...change }, b: { ...noPlatformLimits, connections: ' ' } }
  const nothing = { bytes_per_second: null, calendar: null, max_connections: null }
  expect(limitsRequestOf({ ...none, platforms }).platforms).toEqual([
    { ...nothing, platform_id: 'a', ...sent },
  ])
})

test('without hours there is no calendar, and the last ones take it away', () => {
  const copy = withNewHours(none.copy, 'Europe/Berlin')
  expect(limitsRequestOf({ ...none, copy }).copy?.calendar?.timezone).toBe('Europe/Berlin')
  expect(limitsRequestOf({ ...none, copy: { ...copy, hours: [] } }).copy?.calendar).toBeNull()
})

test('what was written and taken back is no change', () => {
  const added = { ...none, copy: withNewHours(none.copy, 'UTC') }
  expect(isSameDraft(none, added)).toBe(false)
  expect(isSameDraft(none, { ...added, copy: { ...added.copy, hours: [] } })).toBe(true)
  expect(isSameDraft(none, { ...none, platforms: { a: { ...noPlatformLimits, timezone: 'UTC' } } })).toBe(
    true,
  )
})

test.each([
  { name: 'a rate', other: { ...draft, process: { ...draft.process, rate: '201' } } },
  { name: 'no platform', other: { ...draft, platforms: {} } },
  {
    name: 'connections',
    other: {
      ...draft,
      platforms: {
        'platform-main-1f2e': { ...draft.platforms['platform-main-1f2e']!, connections: '7' },
      },
    },
  },
  {
    name: 'a zone',
    other: {
      ...draft,
      platforms: {
        'platform-main-1f2e': { ...draft.platforms['platform-main-1f2e']!, timezone: 'UTC' },
      },
    },
  },
])('another $name is a change', ({ other }) => {
  expect(isSameDraft(draft, { ...draft })).toBe(true)
  expect(isSameDraft(draft, other)).toBe(false)
})

test('the order of platforms is no change', () => {
  const [a, b] = [noPlatformLimits, noPlatformLimits].map((limit) => ({ ...limit, rate: '1' }))
  expect(
    isSameDraft({ ...none, platforms: { a: a!, b: b! } }, { ...none, platforms: { b: b!, a: a! } }),
  ).toBe(true)
})

test('a form takes as many hours as the contract does', () => {
  const full = (count: number) => {
    const hours = Array.from({ length: count }, () => draft.platforms['platform-main-1f2e']!.hours[0]!)
    const copy = { rate: '', timezone: 'UTC', hours }
    return TransferLimits.safeParse(limitsRequestOf({ ...none, copy })).success
  }
  expect([full(mostHours), full(mostHours + 1)]).toEqual([true, false])
})
