import { whyNoRoom, whyTooLong } from './pause-limits.js'

const store = (freeBytes: number, capacityBytes = 1000) => ({ name: 'fast', capacityBytes, freeBytes })

test.each([150, 151, 1000])('%d of 1000 bytes free is room enough', (free) =>
  expect(whyNoRoom([store(free)])).toBeNull(),
)

test('the datastore that is short of room is named with what is left, never rounded up to enough', () => {
  expect(whyNoRoom([store(900), { ...store(149), name: 'slow' }])).toBe(
    'Datastore slow has 14.9 % free, and a snapshot is kept open only while 15 % are.',
  )
  expect(whyNoRoom([store(149_999, 1_000_000)])).toContain(' 14.9 % ')
})

test('a datastore that does not tell its size stops nothing', () =>
  expect(whyNoRoom([store(0, 0)])).toBeNull())

test.each([
  [60, '60 minutes'],
  [1, '1 minute'],
  [0.05, '0.05 minutes'],
])('a limit of %d is said as %s', (minutes, text) =>
  expect(whyTooLong(minutes)).toContain(`lasted ${text}, `),
)
