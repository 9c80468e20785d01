import { allPlans, casesInRound, planOf, wordsOf } from './moments.js'

const steps = [
  'claim',
  'lease',
  'discover',
  'check',
  'track',
  'snapshot',
  'copy',
  'commit',
  'record',
  'clean',
]
const round = (from: number, of = steps): string[] =>
  Array.from({ length: casesInRound }, (_, index) => {
    const { backup, victim, moment } = planOf(from + index, of)
    return `${backup} ${victim} ${wordsOf(moment)}`
  })

test('a hundred seeds in a row hold each case once, wherever they begin', () => {
  const all = allPlans(steps).map(({ backup, victim, moment }) => `${backup} ${victim} ${wordsOf(moment)}`)
  expect(all).toHaveLength(casesInRound)
  expect(round(1).sort()).toEqual([...all].sort())
  expect(round(777).sort()).toEqual([...all].sort())
  expect(round(1)).not.toEqual(round(2))
})

test('every victim dies in the copy of a full and of an increment', () => {
  const inCopies = new Set(
    allPlans(steps)
      .filter(({ moment }) => moment.kind === 'copy')
      .map(({ backup, victim }) => `${backup} ${victim}`),
  )
  expect(inCopies.size).toBe(16)
})

test.each([10, 13, 25])('no gap between %d steps is left out, nor the first nor the last one', (count) => {
  const many = Array.from({ length: count }, (_, index) => `step${index}`)
  const gaps = new Set(
    allPlans(many).flatMap(({ moment }) => {
      if (moment.kind !== 'step') return []
      return many.indexOf(moment.step) + (moment.side === 'after' ? 1 : 0)
    }),
  )
  expect(gaps.size).toBe(count + 1)
})

test('with the steps of today every victim dies in every gap', () => {
  const pairs = allPlans(steps).flatMap(({ victim, moment }) => {
    if (moment.kind !== 'step') return []
    return `${victim} ${steps.indexOf(moment.step) + (moment.side === 'after' ? 1 : 0)}`
  })
  expect(new Set(pairs).size).toBe(6 * (steps.length + 1))
})
