import { windowAt, windowReason } from './window.js'

const night = { window_start: '22:00', window_end: '06:00' }
const day = { window_start: '09:30', window_end: '17:00' }

test.each([
  {
    name: 'no window',
    hours: { window_start: null, window_end: null },
    at: '2026-05-01T12:00:00Z',
    isOpen: true,
    changes: null,
  },
  {
    name: 'equal ends',
    hours: { window_start: '05:00', window_end: '05:00' },
    at: '2026-05-01T12:00:00Z',
    isOpen: true,
    changes: null,
  },
  {
    name: 'the first moment',
    hours: day,
    at: '2026-05-01T09:30:00Z',
    isOpen: true,
    changes: '2026-05-01T17:00:00.000Z',
  },
  {
    name: 'the end',
    hours: day,
    at: '2026-05-01T17:00:00Z',
    isOpen: false,
    changes: '2026-05-02T09:30:00.000Z',
  },
  {
    name: 'a moment before the end',
    hours: day,
    at: '2026-05-01T16:59:59.999Z',
    isOpen: true,
    changes: '2026-05-01T17:00:00.000Z',
  },
  {
    name: 'before midnight',
    hours: night,
    at: '2026-05-01T23:10:05Z',
    isOpen: true,
    changes: '2026-05-02T06:00:00.000Z',
  },
  {
    name: 'after midnight',
    hours: night,
    at: '2026-05-02T00:00:00Z',
    isOpen: true,
    changes: '2026-05-02T06:00:00.000Z',
  },
  {
    name: 'outside a night',
    hours: night,
    at: '2026-05-02T06:00:00Z',
    isOpen: false,
    changes: '2026-05-02T22:00:00.000Z',
  },
  {
    name: 'five minutes',
    hours: { window_start: '22:00', window_end: '22:05' },
    at: '2026-05-02T06:00:30Z',
    isOpen: false,
    changes: '2026-05-02T22:00:00.000Z',
  },
])('in UTC: $name', ({ hours, at, isOpen, changes }) => {
  const state = windowAt({ ...hours, timezone: 'UTC' }, new Date(at))
  expect({ isOpen: state.isOpen, changes: state.changesAt?.toISOString() ?? null }).toEqual({
    isOpen,
    changes,
  })
})

// Berlin: 2026-03-29 02:00 becomes 03:00 (01:00Z); 2026-10-25 03:00 becomes 02:00 (01:00Z).
test.each([
  {
    name: 'summer',
    hours: night,
    at: '2026-07-01T20:00:00Z',
    isOpen: true,
    changes: '2026-07-02T04:00:00.000Z',
  },
  {
    name: 'winter',
    hours: night,
    at: '2026-12-01T20:30:00Z',
    isOpen: false,
    changes: '2026-12-01T21:00:00.000Z',
  },
  {
    name: 'the short night',
    hours: night,
    at: '2026-03-28T22:00:00Z',
    isOpen: true,
    changes: '2026-03-29T04:00:00.000Z',
  },
  {
    name: 'the long night',
    hours: night,
    at: '2026-10-24T22:00:00Z',
    isOpen: true,
    changes: '2026-10-25T05:00:00.000Z',
  },
  {
    name: 'a start in the skipped hour',
    hours: { window_start: '02:30', window_end: '04:00' },
    at: '2026-03-29T00:10:00Z',
    isOpen: false,
    changes: '2026-03-29T01:00:00.000Z',
  },
  {
    name: 'all of it in the skipped hour',
    hours: { window_start: '02:10', window_end: '02:50' },
    at: '2026-03-29T00:00:00Z',
    isOpen: false,
    changes: '2026-03-30T00:10:00.000Z',
  },
  {
    name: 'closing in the hour that comes twice',
    hours: { window_start: '01:00', window_end: '02:30' },
    at: '2026-10-24T23:10:00Z',
    isOpen: true,
    changes: '2026-10-25T00:30:00.000Z',
  },
  {
    name: 'opening again with the clocks set back',
    hours: { window_start: '01:00', window_end: '02:30' },
    at: '2026-10-25T00:40:00Z',
    isOpen: false,
    changes: '2026-10-25T01:00:00.000Z',
  },
])('in Berlin: $name', ({ hours, at, isOpen, changes }) => {
  const state = windowAt({ ...hours, timezone: 'Europe/Berlin' }, new Date(at))
  expect({ isOpen: state.isOpen, changes: state.changesAt?.toISOString() ?? null }).toEqual({
    isOpen,
    changes,
  })
})

test('says when it goes on, by the clocks of the zone', () => {
  expect(windowReason({ ...night, timezone: 'Europe/Berlin' }, new Date('2026-05-02T20:00:00Z'))).toBe(
    "The flow's window, 22:00 to 06:00 (Europe/Berlin), is closed; it goes on by itself at 2026-05-02 22:00 +02:00",
  )
})
