import { restBeforeLine } from './before-the-line.js'

const crowd = { open: 16, places: 4, executions: 10, waitedMs: 0 }

test.each([
  { name: 'begins while the line is short', change: { open: 15 }, ms: null },
  { name: 'rests a little where few ask', change: {}, ms: 3000 },
  { name: 'rests longer the more ask', change: { executions: 150 }, ms: 30_000 },
  { name: 'rests a minute at most', change: { executions: 5000 }, ms: 60_000 },
  {
    name: 'stands in line after ten minutes, however long the line',
    change: { waitedMs: 600_000 },
    ms: null,
  },
])('a VM $name', ({ change, ms }) => {
  expect(restBeforeLine({ ...crowd, ...change })).toBe(ms)
})
