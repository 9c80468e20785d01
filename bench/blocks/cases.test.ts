import { chooseScenes, orderOf, scenes } from './cases.js'

test('without names everything runs', () => {
  expect(chooseScenes([])).toEqual(scenes)
})

test('only the named cases run, and those of one scene share its rounds', () => {
  const chosen = chooseScenes(['full-qcow2-digests', 'read', 'full-qcow2'])
  expect(chosen.map(({ cases }) => cases.map(({ name }) => name))).toEqual([
    ['full-qcow2', 'full-qcow2-digests'],
    ['read'],
  ])
})

test('an unknown case is refused with those there are', () => {
  expect(() => chooseScenes(['full-raw', 'half-raw'])).toThrow(/no case half-raw; there are full-raw, /)
})

test.each([2, 3, 4])('of %i contenders each is first as often as any other, and last', (count) => {
  const contenders = Array.from({ length: count }, (_, i) => i)
  const orders = Array.from({ length: 2 * count }, (_, round) => orderOf(contenders, round))
  const timesAt = (place: number): number[] =>
    contenders.map((one) => orders.filter((order) => order.at(place) === one).length)
  for (const order of orders) expect([...order].sort()).toEqual(contenders)
  expect(timesAt(0)).toEqual(contenders.map(() => 2))
  expect(timesAt(-1)).toEqual(contenders.map(() => 2))
})
