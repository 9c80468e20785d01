import { keepsOfFlows, usualRetention } from './keeps.js'

const usual = usualRetention(3, 1)
const gold = { id: 1, name: 'Gold', ...usualRetention(14, 0), keep_weekly: 8 }
const bronze = { id: 2, name: 'Bronze', ...usualRetention(2, 0) }

test.each([
  { name: 'no flow: the default', flows: [], keeps: ['the default 3'] },
  { name: 'a flow without a policy: the default', flows: [null], keeps: ['the default 3'] },
  { name: 'a flow with a policy: that alone', flows: [gold], keeps: ['policy Gold 14'] },
  { name: 'two flows, one policy: once', flows: [gold, gold], keeps: ['policy Gold 14'] },
  {
    name: 'several flows: all of them',
    flows: [gold, null, bronze],
    keeps: ['policy Gold 14', 'the default 3', 'policy Bronze 2'],
  },
])('$name', ({ flows, keeps }) => {
  const found = keepsOfFlows(
    flows.map((policy) => ({ policy })),
    usual,
  )
  expect(found.map(({ by, keep_points }) => `${by} ${keep_points}`)).toEqual(keeps)
})
