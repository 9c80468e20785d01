import { chartLine } from './chart.js'

const size = { width: 590, height: 100, seconds: 60 }
const mebibyte = 1024 * 1024

test('one sample makes no line', () => {
  expect(chartLine([[1000, mebibyte]], size).points).toBe('')
  expect(chartLine([], size)).toEqual({ points: '', top: mebibyte })
})

test('the newest second stands at the right edge, and each second keeps its width', () => {
  const { points } = chartLine(
    [
      [1000, 0],
      [1001, mebibyte],
      [1002, mebibyte / 2],
    ],
    size,
  )
  expect(points).toBe('570,100 580,0 590,50')
})

test('seconds without a sample stand at zero instead of a slope between their neighbours', () => {
  expect(
    chartLine(
      [
        [1000, mebibyte],
        [1010, mebibyte],
      ],
      size,
    ).points,
  ).toBe('490,0 500,100 580,100 590,0')
})

test('a single second that was missed breaks nothing', () => {
  expect(
    chartLine(
      [
        [1008, mebibyte],
        [1010, mebibyte],
      ],
      size,
    ).points,
  ).toBe('570,0 590,0')
})

test('samples older than the span are left out, also of the scale', () => {
  const { points, top } = chartLine(
    [
      [900, 900 * mebibyte],
      [1000, mebibyte],
      [1001, mebibyte],
    ],
    size,
  )
  expect(points.split(' ')).toHaveLength(2)
  expect(top).toBe(mebibyte)
})

test.each([
  [1.5, 2],
  [40, 50],
  [50, 50],
  [51, 100],
  [730, 1000],
])('%d MiB/s at most are drawn on a scale up to %d', (rate, top) =>
  expect(
    chartLine(
      [
        [1, rate * mebibyte],
        [2, 0],
      ],
      size,
    ).top,
  ).toBeCloseTo(top * mebibyte),
)
