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

test.each([2, 3, 4])(
  'of %i contenders each is first, and before any other, as often as the rest',
  (count) => {
    const contenders = Array.from({ length: count }, (_, i) => i)
    const orders = Array.from({ length: 2 * count }, (_, round) => orderOf(contenders, round))
    for (const order of orders) expect([...order].sort()).toEqual(contenders)
    for (const one of contenders) {
      expect(orders.filter((order) => order[0] === one)).toHaveLength(2)
      for (const other of contenders.filter((contender) => contender !== one))
        expect(orders.filter((order) => order.indexOf(one) < order.indexOf(other))).toHaveLength(count)
    }
  },
)
