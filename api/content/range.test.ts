import { parseRange } from './range.js'

const size = 1000
test.each([
  { header: undefined, answer: { kind: 'whole' } },
  { header: 'bytes=0-0', answer: { kind: 'part', start: 0, end: 0 } },
  { header: 'bytes=0-', answer: { kind: 'part', start: 0, end: 999 } },
  { header: 'bytes=500-', answer: { kind: 'part', start: 500, end: 999 } },
  { header: 'bytes=999-999', answer: { kind: 'part', start: 999, end: 999 } },
  { header: 'bytes=10-5000', answer: { kind: 'part', start: 10, end: 999 } },
  { header: 'bytes=-1', answer: { kind: 'part', start: 999, end: 999 } },
  { header: 'bytes=-5000', answer: { kind: 'part', start: 0, end: 999 } },
  { header: 'BYTES = 1 - 2', answer: { kind: 'part', start: 1, end: 2 } },
  { header: 'bytes=1000-', answer: { kind: 'unsatisfiable' } },
  { header: 'bytes=1000-2000', answer: { kind: 'unsatisfiable' } },
  { header: 'bytes=-0', answer: { kind: 'unsatisfiable' } },
  { header: 'bytes=5-2', answer: { kind: 'whole' } },
  { header: 'bytes=-', answer: { kind: 'whole' } },
  { header: 'bytes=0-1,5-6', answer: { kind: 'whole' } },
  { header: 'lines=0-1', answer: { kind: 'whole' } },
  { header: 'bytes=a-b', answer: { kind: 'whole' } },
])('$header of 1000 bytes is $answer.kind', ({ header, answer }) => {
  expect(parseRange(header, size)).toEqual(answer)
})

test('no byte of an empty disk can be had', () => {
  expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  expect(parseRange('bytes=-1', 0)).toEqual({ kind: 'unsatisfiable' })
})
