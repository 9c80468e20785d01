import { laneCount, railOf } from './rail.js'

const item = (id: string, parentId: string | null) => ({ id, parentId })

test('a chain is one line from the newest to its root', () => {
  expect(railOf([item('c', 'b'), item('b', 'a'), item('a', null)])).toEqual([
    { lane: 0, from: [], past: [], goesOn: true },
    { lane: 0, from: [0], past: [], goesOn: true },
    { lane: 0, from: [0], past: [], goesOn: false },
  ])
})

test('two that stand on the same one have a lane each, which meet at it', () => {
  const rows = railOf([item('c', 'a'), item('b', 'a'), item('a', null)])
  expect(rows).toEqual([
    { lane: 0, from: [], past: [], goesOn: true },
    { lane: 1, from: [], past: [0], goesOn: true },
    { lane: 0, from: [0, 1], past: [], goesOn: false },
  ])
  expect(laneCount(rows)).toBe(2)
})

test('a lane that ended is used again', () => {
  const rows = railOf([item('d', 'c'), item('c', null), item('b', 'a'), item('a', null)])
  expect(rows.map(({ lane }) => lane)).toEqual([0, 0, 0, 0])
  expect(rows.map(({ goesOn }) => goesOn)).toEqual([true, false, true, false])
  expect(laneCount(rows)).toBe(1)
})

test('no line leads to a parent that is not there', () =>
  expect(railOf([item('b', 'gone')])).toEqual([{ lane: 0, from: [], past: [], goesOn: false }]))
