import { pauseOf } from './pause.js'

const step = (name: string, started_at: string, detail: string | null = null) => ({
  name,
  detail,
  started_at: `2026-11-21T${started_at}.000Z`,
})
const claimed = step('claimBackup', '09:00:00', 'site: local, heartbeatSeconds: 30, pauseMinutes: 60')
const paused = { status: 'paused', snapshot_taken_at: '2026-11-21T09:00:01.000Z' } as const

test('a pause keeps its snapshot for as long as its worker was told', () =>
  expect(pauseOf(paused, [claimed, step('markPaused', '10:00:00')])).toEqual({
    since: '2026-11-21T10:00:00.000Z',
    snapshot_until: '2026-11-21T11:00:00.000Z',
  }))

test('the newest of several pauses counts', () =>
  expect(
    pauseOf(paused, [claimed, step('markPaused', '12:00:00'), step('markPaused', '10:00:00')])?.since,
  ).toBe('2026-11-21T12:00:00.000Z'))

test.each([
  { name: 'the snapshot went', backup: { ...paused, snapshot_taken_at: null }, steps: [claimed] },
  { name: 'the limit is not on record', backup: paused, steps: [] },
])('there is no end to tell where $name', ({ backup, steps }) =>
  expect(pauseOf(backup, [...steps, step('markPaused', '10:00:00')])).toEqual({
    since: '2026-11-21T10:00:00.000Z',
    snapshot_until: null,
  }),
)

test('what is not paused has no pause, whatever was before', () =>
  expect(pauseOf({ ...paused, status: 'running' }, [claimed, step('markPaused', '10:00:00')])).toBeNull())
