import { expiredChains } from './expired-chains.js'
import type { Keep, KeptPoint } from './expired-chains.js'

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
const expired = (given: readonly KeptPoint[], keep: Keep): string =>
  expiredChains(given, keep, now)
    .map((chain) =>
      chain.points
        .map(({ backupId }) => backupId)
        .toSorted()
        .join(' '),
    )
    .toSorted()
    .join(' | ')

const three = points('a1 30', 'a2 29', 'b1 20', 'b2 19', 'c1 10', 'c2 9')

test.each<[string, KeptPoint[], Keep, string]>([
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

test.each<[Keep, string]>([
  [{ points: 2, days: 0 }, '4 newer good points stand (2 are kept)'],
  [{ points: 0, days: 20 }, 'its newest point is 29 days old (20 are kept)'],
  [
    { points: 2, days: 20 },
    'its newest point is 29 days old (20 are kept) and 4 newer good points stand (2 are kept)',
  ],
])('%j says why', (keep, reason) => {
  const [oldest] = expiredChains(three, keep, now).filter(({ points: of }) =>
    of.some((p) => p.backupId === 'a1'),
  )
  expect(oldest?.reason).toBe(reason)
})
