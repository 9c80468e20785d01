import fc from 'fast-check'
import { expiredChains, judgeChains } from './expired-chains.js'
import type { Keep, KeptPoint } from './expired-chains.js'
import { keptPoints } from './kept-points.js'
import { keepsAll } from './retention-words.js'

const now = new Date('2026-11-21T03:00:00Z')

/** `a1 40`: of chain a the first point, 40 days old; `!` damaged, `+` verified as good, `#` held. */
const points = (...written: string[]): KeptPoint[] =>
  written.map((text) => {
    const [, chain = '', place = '', days = '', marks = ''] = /^([a-z])(\d) (\d+)([!+#]*)$/.exec(text) ?? []
    return {
      backupId: chain + place,
      takenAt: new Date(now.getTime() - Number(days) * 86_400_000),
      parentIds: place === '1' ? [] : [`${chain}${Number(place) - 1}`],
      state: marks.includes('!') ? 'damaged' : marks.includes('+') ? 'good' : 'unknown',
      isHeld: marks.includes('#'),
    }
  })
/** What one keeps, as short as the tables below want it. */
interface Short {
  readonly points?: number
  readonly days?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
}
const keepOf = (short: Short, by = 'policy Gold'): Keep => ({
  by,
  keep_points: short.points ?? 0,
  keep_days: short.days ?? 0,
  keep_daily: short.daily ?? 0,
  keep_weekly: short.weekly ?? 0,
  keep_monthly: short.monthly ?? 0,
  keep_yearly: short.yearly ?? 0,
})
const expired = (given: readonly KeptPoint[], ...keeps: readonly Short[]): string =>
  expiredChains(
    given,
    keeps.map((keep) => keepOf(keep)),
    now,
  )
    .map((chain) =>
      chain.points
        .map(({ backupId }) => backupId)
        .toSorted()
        .join(' '),
    )
    .toSorted()
    .join(' | ')

const three = points('a1 30', 'a2 29', 'b1 20', 'b2 19', 'c1 10', 'c2 9')

test.each<[string, KeptPoint[], Short, string]>([
  ['both 0 keeps all', three, { points: 0, days: 0 }, ''],
  ['as many points as two chains have', three, { points: 4, days: 0 }, 'a1 a2'],
  ['one more point keeps the whole chain of it', three, { points: 5, days: 0 }, ''],
  ['one point keeps its chain', three, { points: 1, days: 0 }, 'a1 a2 | b1 b2'],
  ['more points than there are', three, { points: 50, days: 0 }, ''],
  ['days alone', three, { points: 0, days: 15 }, 'a1 a2 | b1 b2'],
  ['a chain whose newest point is young enough', three, { points: 0, days: 19 }, 'a1 a2'],
  ['kept by days, though not by points', three, { points: 1, days: 25 }, 'a1 a2'],
  ['kept by points, though not by days', three, { points: 4, days: 5 }, 'a1 a2'],
  ['the newest chain never goes', points('a1 400', 'b1 300'), { points: 0, days: 7 }, 'a1'],
  ['the only chain never goes', points('a1 400'), { points: 1, days: 1 }, ''],
  ['no points at all', [], { points: 1, days: 1 }, ''],
  ['a held point holds its chain', points('a1 30', 'a2 29#', 'b1 20', 'c1 1'), { points: 1, days: 0 }, 'b1'],
  [
    'damaged points do not count',
    points('a1 30', 'b1 20!', 'c1 10!', 'd1 1'),
    { points: 2, days: 0 },
    'b1 | c1',
  ],
  [
    'nor do points over damage',
    points('a1 30', 'b1 20!', 'b2 19', 'b3 18', 'c1 1'),
    { points: 2, days: 0 },
    'b1 b2 b3',
  ],
  [
    'but those that were verified themselves do',
    points('a1 30', 'b1 20!', 'b2 19+', 'c1 1'),
    { points: 2, days: 0 },
    'a1',
  ],
  [
    'the newest chain that is good stays for its age, too',
    points('a1 90', 'b1 60', 'c1 40!'),
    { points: 0, days: 30 },
    'a1',
  ],
  ['all is damaged: the newest stays', points('a1 9!', 'b1 8!'), { points: 1, days: 0 }, 'a1'],
  ['young damage is kept by days', points('a1 9', 'b1 2!', 'c1 1'), { points: 1, days: 3 }, 'a1'],
])('%s', (_, given, keep, expected) => {
  expect(expired(given, keep)).toBe(expected)
  // The order in which they are listed says nothing.
  expect(expired(given.toReversed(), keep)).toBe(expected)
})

test('chains that one point joins stand or go together', () => {
  const [a, b, c] = points('a1 30', 'b1 20', 'c1 1')
  const joint = { ...b!, parentIds: ['a1'] }
  expect(expired([a!, joint, c!], { points: 2, days: 0 })).toBe('')
  expect(expired([a!, joint, c!], { points: 1, days: 0 })).toBe('a1 b1')
})

// Sunday 22 November 2026 would be today's week's end: 2026-11-21 is a Saturday.
test.each<[string, KeptPoint[], Short[], string]>([
  ['the newest of each day', points('a1 2', 'b1 1', 'c1 0'), [{ daily: 2 }], 'a1'],
  ['days without a point do not count', points('a1 90', 'b1 60', 'c1 0'), [{ daily: 2 }], 'a1'],
  ['weeks begin on Monday', points('a1 6', 'b1 5', 'c1 0'), [{ weekly: 1 }], 'a1 | b1'],
  ['a Sunday belongs to the week before', points('a1 13', 'b1 6', 'c1 0'), [{ weekly: 2 }], 'a1'],
  ['months', points('a1 52', 'b1 22', 'c1 20', 'd1 0'), [{ monthly: 2 }], 'a1 | c1'],
  ['years', points('a1 800', 'b1 330', 'c1 326', 'd1 0'), [{ yearly: 2 }], 'a1 | b1'],
  ['a period counts its newest good point', points('a1 9', 'b1 8!', 'c1 0'), [{ weekly: 2 }], 'b1'],
  [
    'measures of one keep add up',
    points('a1 60', 'b1 30', 'c1 1', 'd1 0'),
    [{ points: 2, monthly: 2 }],
    'a1',
  ],
  ['what another keeps stays', three, [{ points: 1 }, { days: 25 }], 'a1 a2'],
  ['one that keeps all keeps all', three, [{ points: 1 }, {}], ''],
  ['nobody has said that anything may go', three, [], ''],
])('%s', (_, given, keeps, expected) => {
  expect(expired(given, ...keeps)).toBe(expected)
  expect(expired(given.toReversed(), ...keeps.toReversed())).toBe(expected)
})

test.each<[Short[], string]>([
  [[{ points: 2 }], 'policy 0: 4 newer good points stand (2 are kept)'],
  [[{ days: 20 }], 'policy 0: its newest point is 29 days old (20 are kept)'],
  [
    [{ points: 2, days: 20 }],
    'policy 0: its newest point is 29 days old (20 are kept) and 4 newer good points stand (2 are kept)',
  ],
  [
    [{ points: 2 }, { weekly: 2 }],
    'policy 0: 4 newer good points stand (2 are kept); policy 1: none of it is the newest of each of 2 weeks',
  ],
  [[{ points: 5 }, { days: 1 }], 'policy 0 keeps 1 of its 2 point(s) (the last 5 points)'],
  [[{ points: 1 }, {}], 'policy 1 keeps all points'],
])('%j says why', (shorts, reason) => {
  const keeps = shorts.map((short, index) => keepOf(short, `policy ${index}`))
  const [oldest] = judgeChains(three, keeps, now)
  expect(oldest?.reason).toBe(reason)
})

test('what stays says why, too', () => {
  const given = points('a1 9#', 'b1 8', 'c1 7!')
  expect(
    judgeChains(given, [keepOf({ points: 1 })], now).map(({ goes, reason }) => `${goes} ${reason}`),
  ).toEqual(['false a1 is in use', 'false it has the newest good point, b1', 'false it is the newest chain'])
})

describe('whatever the points are', () => {
  const somePoints = fc
    .array(
      fc.record({
        days: fc.integer({ min: 0, max: 900 }),
        state: fc.constantFrom<KeptPoint['state'][]>('good', 'unknown', 'unknown', 'unknown', 'damaged'),
        isHeld: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
        over: fc.boolean(),
      }),
      { maxLength: 14 },
    )
    .map((given) =>
      given
        .toSorted((a, b) => b.days - a.days)
        .map(({ days, state, isHeld, over }, index): KeptPoint => ({
          backupId: `p${String(index).padStart(2, '0')}`,
          takenAt: new Date(now.getTime() - days * 86_400_000),
          parentIds: over && index > 0 ? [`p${String(index - 1).padStart(2, '0')}`] : [],
          state,
          isHeld,
        })),
    )
  const few = fc.integer({ min: 0, max: 4 })
  const someKeep = fc
    .record({ points: few, days: fc.integer({ min: 0, max: 60 }), daily: few, weekly: few, monthly: few })
    .map((short) => keepOf(short))
  const someKeeps = fc.array(someKeep, { minLength: 1, maxLength: 3 })
  const gone = (given: readonly KeptPoint[], keeps: readonly Keep[]): Set<string> =>
    new Set(
      expiredChains(given, keeps, now).flatMap(({ points: all }) => all.map(({ backupId }) => backupId)),
    )

  test('no point goes that any keep keeps, nor one below or above it', () => {
    fc.assert(
      fc.property(somePoints, someKeeps, (given, keeps) => {
        const left = gone(given, keeps)
        for (const keep of keeps) {
          if (keepsAll(keep)) expect(left).toEqual(new Set())
          // Without damage all are good; what damage does is the tables' and the last property's.
          if (given.some(({ state }) => state === 'damaged')) continue
          for (const id of keptPoints(given.toReversed(), () => true, keep, now))
            expect(left.has(id)).toBe(false)
        }
        for (const { backupId, isHeld } of given) if (isHeld) expect(left.has(backupId)).toBe(false)
        for (const { backupId, parentIds } of given)
          for (const parent of parentIds) expect(left.has(parent)).toBe(left.has(backupId))
      }),
    )
  })

  test('one keep more never lets more go', () => {
    fc.assert(
      fc.property(somePoints, someKeeps, someKeep, (given, keeps, more) => {
        const before = gone(given, keeps)
        for (const id of gone(given, [...keeps, more])) expect(before.has(id)).toBe(true)
      }),
    )
  })

  test('damage lets no other chain go', () => {
    fc.assert(
      fc.property(somePoints, someKeeps, fc.nat(13), (given, keeps, index) => {
        const damaged = given.map((point, at) =>
          at === index ? { ...point, state: 'damaged' as const } : point,
        )
        const own = new Set(
          judgeChains(given, keeps, now)
            .find(({ points: all }) => all.some(({ backupId }) => backupId === given[index]?.backupId))
            ?.points.map(({ backupId }) => backupId),
        )
        const before = gone(given, keeps)
        for (const id of gone(damaged, keeps)) expect(before.has(id) || own.has(id)).toBe(true)
      }),
    )
  })
})
