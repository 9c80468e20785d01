import { restInLine } from './in-the-way.js'

const line = (length: number) =>
  Array.from({ length }, (_, index) => ({ workflowId: `backup:ctx-${index}`, runId: 'run' }))

test.each([
  { ahead: 0, ms: undefined },
  { ahead: 19, ms: undefined },
  { ahead: 20, ms: 5000 },
  { ahead: 100, ms: 25_000 },
  { ahead: 1000, ms: 60_000 },
])('with $ahead ahead it rests $ms ms', ({ ahead, ms }) => {
  expect(restInLine(line(ahead))).toBe(ms)
})
