import { parseCron } from './cron.js'
import { schedulePreview } from './schedule-preview.js'

const preview = (
  expression: string,
  timezone: string,
  now: string,
  [window_start, window_end]: readonly string[] = [],
) => {
  const { cron, problem } = parseCron(expression)
  if (cron === null) throw new Error(problem)
  return schedulePreview(
    cron,
    { window_start: window_start ?? null, window_end: window_end ?? null, timezone },
    new Date(now),
  )
}

test('the next ten runs, with the clock of the zone and how far it is from UTC', () => {
  const { runs, notes } = preview('0 2 * * *', 'Europe/Berlin', '2027-01-10T12:00:00Z')
  expect(runs).toHaveLength(10)
  expect(runs[0]).toEqual({ at: '2027-01-11T01:00:00.000Z', local: '2027-01-11 02:00', offset: '+01:00' })
  expect(runs[9]?.local).toBe('2027-01-20 02:00')
  expect(notes).toEqual([])
})

test('in spring the time that does not exist is left out, and the preview says so', () => {
  const { runs, notes } = preview('30 2 * * *', 'Europe/Berlin', '2027-03-26T12:00:00Z')
  expect(runs.slice(0, 3)).toEqual([
    { at: '2027-03-27T01:30:00.000Z', local: '2027-03-27 02:30', offset: '+01:00' },
    { at: '2027-03-29T00:30:00.000Z', local: '2027-03-29 02:30', offset: '+02:00' },
    { at: '2027-03-30T00:30:00.000Z', local: '2027-03-30 02:30', offset: '+02:00' },
  ])
  expect(notes).toEqual([
    'The clocks of Europe/Berlin change from +01:00 to +02:00 between the runs of 2027-03-27 02:30 and 2027-03-29 02:30.',
    '2027-03-28 02:30: does not exist in Europe/Berlin, whose clocks are put forward. Nothing runs then.',
  ])
})

test('in autumn the preview says which of the two times that the clocks show runs', () => {
  const { runs, notes } = preview('30 2 * * *', 'Europe/Berlin', '2027-10-29T12:00:00Z')
  expect(runs.slice(0, 3)).toEqual([
    { at: '2027-10-30T00:30:00.000Z', local: '2027-10-30 02:30', offset: '+02:00' },
    { at: '2027-10-31T01:30:00.000Z', local: '2027-10-31 02:30', offset: '+01:00' },
    { at: '2027-11-01T01:30:00.000Z', local: '2027-11-01 02:30', offset: '+01:00' },
  ])
  expect(notes).toEqual([
    'The clocks of Europe/Berlin change from +02:00 to +01:00 between the runs of 2027-10-30 02:30 and 2027-10-31 02:30.',
    '2027-10-31 02:30: comes twice in Europe/Berlin, whose clocks are put back. It runs once, the second time.',
  ])
  expect(preview('30 1 * * *', 'America/New_York', '2027-11-05T12:00:00Z').notes).toContainEqual(
    '2027-11-07 01:30: comes twice in America/New_York, whose clocks are put back. It runs both times.',
  )
})

test('many times of one change are one note, and what the scheduler passes over is told', () => {
  expect(preview('*/5 * * * *', 'Europe/Berlin', '2027-03-28T00:49:00Z').notes).toContainEqual(
    expect.stringMatching(/^2027-03-28 02:00 to 02:55 \(12 times\): does not exist/),
  )
  expect(preview('*/15 * * * *', 'Europe/Berlin', '2027-10-30T23:40:00Z').notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^2027-10-31 02:30 to 02:45 \(2 times\): comes twice.*Nothing runs then/),
      expect.stringMatching(/^2027-10-31 03:00 to 03:15 \(2 times\): is passed over/),
    ]),
  )
})

test('a change that skips no due time is told, too; UTC has none', () => {
  expect(preview('0 12 * * *', 'America/New_York', '2027-03-12T20:00:00Z').notes).toEqual([
    'The clocks of America/New_York change from -05:00 to -04:00 between the runs of 2027-03-13 12:00 and 2027-03-14 12:00.',
  ])
  expect(preview('30 2 * * *', 'UTC', '2027-03-26T12:00:00Z').notes).toEqual([])
})

test('29 February comes ten times in forty years', () => {
  const { runs } = preview('0 0 29 2 *', 'UTC', '2027-03-26T12:00:00Z')
  expect(runs.map((run) => run.local.slice(0, 4))).toEqual(
    [2028, 2032, 2036, 2040, 2044, 2048, 2052, 2056, 2060, 2064].map(String),
  )
})

test("a flow's window leaves out what it would skip, and its notes with it", () => {
  const window = ['01:00', '04:00']
  const spring = preview('30 2,12 * * *', 'Europe/Berlin', '2027-03-26T12:00:00Z', window)
  expect(spring.runs.slice(0, 2).map(({ local }) => local)).toEqual(['2027-03-27 02:30', '2027-03-29 02:30'])
  expect(spring.notes).toContainEqual(expect.stringMatching(/^2027-03-28 02:30: does not exist/))
  const noon = preview('30 2,12 * * *', 'Europe/Berlin', '2027-03-26T12:00:00Z', ['12:00', '13:00'])
  expect(noon.notes.filter((note) => note.includes('does not exist'))).toEqual([])
  expect(preview('0 12 * * *', 'UTC', '2027-01-10T12:00:00Z', window)).toEqual({
    runs: [],
    notes: ['Only 0 due times in the window 01:00 to 04:00 within 40 years.'],
  })
})
