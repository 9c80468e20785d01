import { blake3 } from '@napi-rs/blake-hash'
import fc from 'fast-check'

import type { GrainDigest } from './digests.js'
import type { Extent, StatusExtent } from './end.js'
import { grainBytes, widenExtents } from './extents.js'
import type { ExpectedGrain } from './layers.js'
import { planPieces, planRuns, type TargetKind } from './plan.js'

jest.setTimeout(60_000)

// A disk is a row of cells, a letter each; `.` reads as zeros. Four make a grain, so that extents can cut through one.
const cellBytes = grainBytes / 4
type Cells = readonly string[]

const cellsOf = (disk: Cells, { offset, length }: Extent): Cells =>
  disk.slice(offset / cellBytes, (offset + length) / cellBytes)

const digestOf = (cells: Cells): GrainDigest =>
  cells.every((cell) => cell === '.') ? 'zero' : blake3(cells.join(''))

const grainsOf = (disk: Cells): Cells[] =>
  Array.from({ length: Math.ceil(disk.length / 4) }, (_, i) => disk.slice(i * 4, i * 4 + 4))

/** The naive model: the target as it was, with every area as the source has it. */
const model = (source: Cells, before: Cells, areas: readonly Extent[]): Cells => {
  const after = [...before]
  for (const { offset, length } of areas)
    for (let at = offset; at < offset + length; at += cellBytes)
      after[at / cellBytes] = source[at / cellBytes]!
  return after
}

interface Case {
  readonly source: Cells
  readonly kind: TargetKind
  /** What the target holds; of an overlay, the part that its layers knew (a disk may have grown since). */
  readonly before: Cells
  readonly knownCells: number
  readonly extents: readonly Extent[]
  readonly status: readonly StatusExtent[]
}

const letters = (length: number) =>
  fc.array(fc.constantFrom('.', '.', 'x', 'y'), { minLength: length, maxLength: length })

/** Sorted cuts of the disk, in cells. */
const cuts = (length: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: length }), { maxLength: 10 })
    .map((points) => points.sort((a, b) => a - b))

const spans = (points: readonly number[]): Extent[] =>
  points.slice(1).map((end, i) => ({
    offset: points[i]! * cellBytes,
    length: (end - points[i]!) * cellBytes,
  }))

/** True, but not all of the truth: zeros may go unmentioned, and a hole may hold anything. */
const statusOf = (source: Cells, points: readonly number[], honest: readonly boolean[]): StatusExtent[] =>
  spans([...new Set([0, ...points, source.length])]).map((extent, i) => ({
    ...extent,
    hole: honest[i % honest.length] === true,
    zero: honest[(i + 1) % honest.length] === true && digestOf(cellsOf(source, extent)) === 'zero',
  }))

const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 64 }).chain((length) =>
  fc
    .record({
      // Zeros come in runs on real disks.
      source: fc.tuple(letters(length), cuts(length)).map(([cells, points]) => {
        const zeros = spans(points).filter((_, i) => i % 2 === 0)
        return cells.map((cell, i) =>
          zeros.some(({ offset, length: bytes }) => i * cellBytes >= offset && i * cellBytes < offset + bytes)
            ? '.'
            : cell,
        )
      }),
      old: letters(length),
      isLikeSource: fc.array(fc.boolean(), { minLength: length, maxLength: length }),
      kind: fc.constantFrom<TargetKind>('fresh', 'overlay', 'existing'),
      knownCells: fc.integer({ min: 0, max: length }),
      areaCuts: cuts(length),
      statusCuts: cuts(length),
      honest: fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }),
    })
    .map(({ source, old, isLikeSource, kind, knownCells, areaCuts, statusCuts, honest }) => ({
      source,
      kind,
      knownCells,
      before: old.map((cell, i) =>
        kind === 'fresh' || (kind === 'overlay' && i >= knownCells)
          ? '.'
          : isLikeSource[i] === true
            ? source[i]!
            : cell,
      ),
      extents: spans(areaCuts).filter((_, i) => i % 2 === 0),
      status: statusOf(source, statusCuts, honest),
    })),
)

/** As `expectedGrains` answers it: a grain in which the old disk ended is known as far as that; behind it all is zero. */
const knownOf = ({ before, knownCells }: Case): ExpectedGrain[] =>
  grainsOf(before).map((_, i) => {
    const cells = before.slice(i * 4, Math.min(i * 4 + 4, Math.max(knownCells, i * 4)))
    if (cells.length === 0) return { digest: 'zero', length: grainBytes }
    return { digest: digestOf(cells), length: knownCells < i * 4 + 4 ? cells.length * cellBytes : grainBytes }
  })

const carryOut = (one: Case) => {
  const { source, kind } = one
  const sizeBytes = source.length * cellBytes
  const areas = widenExtents(one.extents, sizeBytes)
  const known = kind === 'overlay' ? knownOf(one) : undefined
  const target = [...one.before]
  const digests = new Map<number, GrainDigest>()
  const did = { read: 0, copy: 0, zero: 0, skip: 0, same: 0 }
  let end = 0
  for (const piece of planPieces(areas, one.status, sizeBytes)) {
    expect(piece.offset).toBeGreaterThanOrEqual(end)
    end = piece.offset + piece.length
    const first = piece.offset / grainBytes
    const count = Math.ceil(piece.length / grainBytes)
    const found = piece.kind === 'zero' ? piece.kind : grainsOf(cellsOf(source, piece)).map(digestOf)
    if (piece.kind === 'data') did.read += piece.length
    for (const run of planRuns(found, piece.length, kind, known?.slice(first, first + count))) {
      did[run.action] += run.length
      const at = { offset: piece.offset + run.offset, length: run.length }
      for (let cell = at.offset; cell < at.offset + at.length; cell += cellBytes) {
        if (run.action === 'copy') target[cell / cellBytes] = source[cell / cellBytes]!
        if (run.action === 'zero') target[cell / cellBytes] = '.'
      }
      if (run.action === 'same') continue
      grainsOf(cellsOf(source, at)).forEach((_, i) => {
        const digest = found === 'zero' ? found : found[run.offset / grainBytes + i]!
        digests.set(at.offset / grainBytes + i, digest)
      })
    }
  }
  return { target, areas, digests, did, known }
}

test('for any source, previous state, extents and kind of target, the result is the model’s', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { target, areas } = carryOut(one)
      expect(target.join('')).toBe(model(one.source, one.before, areas).join(''))
    }),
    { numRuns: 3000 },
  )
})

test('what is recorded, over what the layers say, is the digest of every grain that was covered', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { digests, areas, known } = carryOut(one)
      for (const { offset, length } of areas)
        for (let at = offset; at < offset + length; at += grainBytes) {
          const i = at / grainBytes
          expect(digests.get(i) ?? known?.[i]?.digest).toEqual(digestOf(grainsOf(one.source)[i]!))
        }
    }),
    { numRuns: 1000 },
  )
})

test('nothing is done twice or for nothing', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { did, areas } = carryOut(one)
      const bytes = areas.reduce((sum, { length }) => sum + length, 0)
      expect(did.copy + did.zero + did.skip + did.same).toBe(bytes)
      // Zeros that the source tells of in whole grains are never read, and zeros are never stored as data.
      const isOfZeros = (i: number): boolean => digestOf(grainsOf(one.source)[i]!) === 'zero'
      const covered = areas.flatMap(({ offset, length }) =>
        Array.from({ length: Math.ceil(length / grainBytes) }, (_, i) => offset / grainBytes + i),
      )
      const dataBytes = covered
        .filter((i) => !isOfZeros(i))
        .reduce((sum, i) => sum + grainsOf(one.source)[i]!.length * cellBytes, 0)
      expect(did.copy).toBeLessThanOrEqual(dataBytes)
      if (one.kind === 'fresh') expect(did.zero).toBe(0)
      if (one.kind !== 'overlay') expect(did.same).toBe(0)
      if (one.kind === 'existing') expect(did.skip).toBe(0)
    }),
    { numRuns: 1000 },
  )
})

test('over layers only grains that differ are stored, whatever is read again', () => {
  fc.assert(
    fc.property(cases, (one) => {
      fc.pre(one.kind === 'overlay')
      const { did, areas } = carryOut(one)
      const before = grainsOf(one.before)
      const endsIn = (i: number): boolean => one.knownCells > i * 4 && one.knownCells < i * 4 + 4
      const differing = grainsOf(one.source).filter(
        (grain, i) =>
          areas.some(({ offset, length }) => i * grainBytes >= offset && i * grainBytes < offset + length) &&
          (grain.join('') !== before[i]!.join('') || endsIn(i)),
      )
      expect(did.copy + did.zero).toBeLessThanOrEqual(differing.flat().length * cellBytes)
    }),
    { numRuns: 2000 },
  )
})

test('a hole that promises nothing is read, zeros that are allocated are not', () => {
  const areas = [{ offset: 0, length: 4 * grainBytes }]
  const status = [
    { offset: 0, length: 2 * grainBytes, hole: true, zero: false },
    { offset: 2 * grainBytes, length: 2 * grainBytes, hole: false, zero: true },
  ]
  expect(planPieces(areas, status, 4 * grainBytes)).toEqual([
    { offset: 0, length: 2 * grainBytes, kind: 'data' },
    { offset: 2 * grainBytes, length: 2 * grainBytes, kind: 'zero' },
  ])
})
