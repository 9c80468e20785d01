import fc from 'fast-check'

import type { Extent } from './end.js'
import * as extents from './extents.js'
import { grainBytes } from './extents.js'

const unit = grainBytes / 4
const sizeUnits = 64
// A disk whose last grain is short: two units of four.
const sizeBytes = (sizeUnits - 2) * unit

const anyExtents = fc.array(
  fc.tuple(fc.nat(sizeUnits - 3), fc.nat(9)).map(([at, length]) => ({
    offset: at * unit,
    length: Math.min(length * unit, sizeBytes - at * unit),
  })),
  { maxLength: 12 },
)
const cells = (list: readonly Extent[]): boolean[] =>
  Array.from({ length: sizeUnits - 2 }, (_, i) =>
    list.some(({ offset, length }) => offset <= i * unit && i * unit < offset + length),
  )
const isTidy = (list: readonly Extent[]): boolean =>
  list.every(
    ({ offset, length }, i) => length > 0 && (i === 0 || offset > list[i - 1]!.offset + list[i - 1]!.length),
  )
const grainOf = (cell: number): number => Math.floor(cell / 4)

test('merging keeps the same bytes, sorted and apart', () => {
  fc.assert(
    fc.property(anyExtents, (list) => {
      const merged = extents.mergeExtents(list)
      expect(isTidy(merged)).toBe(true)
      expect(cells(merged)).toEqual(cells(list))
    }),
  )
})

test('widening covers exactly the grains that were touched', () => {
  fc.assert(
    fc.property(anyExtents, (list) => {
      const before = cells(list)
      const wide = extents.widenExtents(list, sizeBytes)
      expect(isTidy(wide)).toBe(true)
      expect(cells(wide)).toEqual(
        before.map((_, i) => before.some((on, k) => on && grainOf(k) === grainOf(i))),
      )
    }),
  )
})

test('narrowing keeps exactly the grains that were covered whole', () => {
  fc.assert(
    fc.property(anyExtents, (list) => {
      const before = cells(list)
      const whole = before.map((_, i) => before.every((on, k) => on || grainOf(k) !== grainOf(i)))
      expect(cells(extents.narrowExtents(list, sizeBytes))).toEqual(whole)
    }),
  )
})

test('intersection and subtraction part a list in two', () => {
  fc.assert(
    fc.property(anyExtents, anyExtents, (x, y) => {
      const [a, b] = [extents.mergeExtents(x), extents.mergeExtents(y)]
      const inB = cells(b)
      expect(cells(extents.intersectExtents(a, b))).toEqual(cells(a).map((on, i) => on && inB[i] === true))
      expect(cells(extents.subtractExtents(a, b))).toEqual(cells(a).map((on, i) => on && inB[i] === false))
    }),
  )
})

test('what lies after a cursor is the rest of the list', () => {
  const list = [
    { offset: 0, length: 10 },
    { offset: 20, length: 10 },
  ]
  expect(extents.extentsFrom(list, 25)).toEqual([{ offset: 25, length: 5 }])
  expect(extents.extentsFrom(list, 10)).toEqual([{ offset: 20, length: 10 }])
  expect(extents.totalBytes(list)).toBe(20)
})

test.each([
  {
    name: 'overlap',
    list: [
      { offset: 0, length: 10 },
      { offset: 9, length: 1 },
    ],
  },
  {
    name: 'wrong order',
    list: [
      { offset: 10, length: 1 },
      { offset: 0, length: 1 },
    ],
  },
  { name: 'an extent behind the end', list: [{ offset: 90, length: 11 }] },
  { name: 'a fraction', list: [{ offset: 0.5, length: 1 }] },
])('refuses $name', ({ list }) => {
  expect(() => extents.checkExtents(list, 100)).toThrow(RangeError)
})
