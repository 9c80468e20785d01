import { calendarsOf, rangesOf } from './calendars.js'
import { parseCron } from './cron.js'

const expand = (ranges: ReturnType<typeof rangesOf>): number[] =>
  ranges.flatMap(({ start, end, step }) => {
    const values: number[] = []
    for (let value = start; value <= end; value += step) values.push(value)
    return values
  })

test.each<{ name: string; values: number[]; ranges: number }>([
  { name: 'one value', values: [7], ranges: 1 },
  { name: 'neighbours', values: [7, 8], ranges: 1 },
  { name: 'two that are apart', values: [2, 14], ranges: 2 },
  { name: 'an even pace', values: [0, 5, 10, 15, 20], ranges: 1 },
  { name: 'runs and single ones', values: [1, 2, 3, 9, 20, 40, 58], ranges: 5 },
  { name: 'nothing', values: [], ranges: 0 },
])('ranges name exactly $name', ({ values, ranges }) => {
  expect(expand(rangesOf(values))).toEqual(values)
  expect(rangesOf(values)).toHaveLength(ranges)
})

const of = (expression: string) => {
  const { cron } = parseCron(expression)
  if (cron === null) throw new Error(expression)
  return calendarsOf(cron)
}

test('both kinds of days restricted: one calendar each, for either is due', () => {
  const [byDate, byWeekday, ...more] = of('0 12 13 * 5')
  expect(more).toEqual([])
  expect(byDate).toMatchObject({
    daysOfMonth: [{ start: 13, end: 13, step: 1 }],
    daysOfWeek: [{ start: 0, end: 6, step: 1 }],
  })
  expect(byWeekday).toMatchObject({
    daysOfMonth: [{ start: 1, end: 31, step: 1 }],
    daysOfWeek: [{ start: 5, end: 5, step: 1 }],
  })
})

test.each(['0 2 * * *', '*/5 8-17 1 * *', '0 2 * * 1-5', '0 12 */10 * 1'])('%s is one calendar', (text) => {
  expect(of(text)).toHaveLength(1)
})
