import { byteRange } from './byte-range.js'

const whole = { kind: 'whole', start: 0, end: 1000 }

describe('a Range header of a disk of 1000 bytes', () => {
  test.each([
    ['bytes=0-0', { kind: 'part', start: 0, end: 1 }],
    ['bytes=0-999', { kind: 'part', start: 0, end: 1000 }],
    ['bytes=990-2000', { kind: 'part', start: 990, end: 1000 }],
    ['bytes=500-', { kind: 'part', start: 500, end: 1000 }],
    ['bytes=-1', { kind: 'part', start: 999, end: 1000 }],
    ['bytes=-5000', { kind: 'part', start: 0, end: 1000 }],
    ['Bytes=1-2', { kind: 'part', start: 1, end: 3 }],
    ['bytes=1000-', { kind: 'unsatisfiable' }],
    ['bytes=5000-6000', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    [undefined, whole],
    ['bytes=', whole],
    ['bytes=-', whole],
    ['bytes=9-1', whole],
    ['bytes=0-1,5-6', whole],
    ['items=0-1', whole],
    ['bytes=a-b', whole],
    ['bytes=0-99999999999999999999', whole],
  ])('%s', (header, expected) => {
    expect(byteRange(header, 1000)).toEqual(expected)
  })

  test('an empty disk has no satisfiable range', () => {
    expect(byteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
    expect(byteRange(undefined, 0)).toEqual({ kind: 'whole', start: 0, end: 0 })
  })
})
