import { chainAround, chainsOf, deletionOrder } from './chains.js'
import type { LinkedPoint } from './chains.js'

/** Taken in the order of the list, an hour apart. */
const points = (...links: [string, ...string[]][]): LinkedPoint[] =>
  links.map(([backupId, ...parentIds], hour) => ({
    backupId,
    takenAt: new Date(hour * 3_600_000),
    parentIds,
  }))
const names = (chain: readonly LinkedPoint[]): string =>
  chain
    .map(({ backupId }) => backupId)
    .toSorted()
    .join('')

test.each<[string, LinkedPoint[], string[]]>([
  ['points of their own', points(['a'], ['b']), ['a', 'b']],
  ['a row of increments', points(['a'], ['b', 'a'], ['c', 'b']), ['abc']],
  ['two increments over one point', points(['a'], ['b', 'a'], ['c', 'a']), ['abc']],
  ['two chains in turn', points(['a'], ['x'], ['b', 'a'], ['y', 'x']), ['ab', 'xy']],
  ['chains that one point of two disks joins', points(['a'], ['x'], ['j', 'a', 'x']), ['ajx']],
  ['a parent that is not among them', points(['b', 'gone'], ['c', 'b']), ['bc']],
  ['nothing', [], []],
])('%s', (_, given, expected) => {
  expect(chainsOf(given).map(names)).toEqual(expected)
})

test('a chain is found from each of its points, and from no other', () => {
  const given = points(['a'], ['x'], ['b', 'a'], ['c', 'a'])
  for (const id of ['a', 'b', 'c']) expect(names(chainAround(given, id))).toBe('abc')
  expect(names(chainAround(given, 'x'))).toBe('x')
  expect(chainAround(given, 'gone')).toEqual([])
})

test.each<[string, LinkedPoint[], string]>([
  ['newest first', points(['a'], ['b', 'a'], ['c', 'b']), 'cba'],
  ['children before their parent, though the clock went back', points(['c', 'b'], ['b', 'a'], ['a']), 'cba'],
  ['two branches by age', points(['a'], ['b', 'a'], ['c', 'a'], ['d', 'b']), 'dcba'],
  ['a ring ends, too', points(['a', 'b'], ['b', 'a']), 'ba'],
])('deleted %s', (_, given, expected) => {
  expect(
    deletionOrder(given)
      .map(({ backupId }) => backupId)
      .join(''),
  ).toBe(expected)
})
