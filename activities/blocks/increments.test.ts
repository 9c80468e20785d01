import fc from 'fast-check'

import { copy } from './copy.js'
import { openDigests } from './digest-reader.js'
import { openDigestWriter } from './digest-writer.js'
import type { DigestReader } from './digests.js'
import { grainBytes } from './extents.js'
import { memoryEnd } from './memory-end.js'
import { noise, scratch } from './testing/scratch.js'
import { verify } from './verify.js'

jest.setTimeout(60_000)

/** Grains by letter: `.` zeros, the same letter at the same place is the same data; a short last grain. */
const disk = (picture: string, tailBytes: number): Buffer =>
  Buffer.concat(
    [...picture].map((c, i) =>
      c === '.' ? Buffer.alloc(grainBytes) : noise(grainBytes, c.charCodeAt(0) * 999 + i),
    ),
  ).subarray(0, (picture.length - 1) * grainBytes + tailBytes)

const grainsOf = (content: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(content.length / grainBytes) }, (_, i) =>
    content.subarray(i * grainBytes, (i + 1) * grainBytes),
  )

/** Grains of `now` that are not as in `before` (beyond its end: not zero). */
const changedGrains = (before: Buffer, now: Buffer): number[] => {
  const old = Buffer.concat([before, Buffer.alloc(Math.max(0, now.length - before.length))])
  return grainsOf(now).flatMap((grain, i) =>
    grain.equals(old.subarray(i * grainBytes, i * grainBytes + grain.length)) ? [] : [i],
  )
}

const picture = fc.string({ unit: fc.constantFrom('.', '.', 'x', 'y'), minLength: 1, maxLength: 12 })

test('every point of a random chain is what the disk was, and stores only what differed', async () => {
  const step = fc.record({
    grown: fc.string({ unit: fc.constantFrom('.', 'x'), maxLength: 3 }),
    edits: fc.array(fc.tuple(fc.nat(11), fc.constantFrom('.', 'x', 'y', 'z')), { maxLength: 5 }),
    // Change tracking may claim too much, never too little.
    claimed: fc.array(fc.nat(14), { maxLength: 4 }),
    isFullRead: fc.boolean(),
    reportsHoles: fc.boolean(),
    tailBytes: fc.constantFrom(512, 4096, grainBytes),
  })
  await fc.assert(
    fc.asyncProperty(picture, fc.array(step, { minLength: 1, maxLength: 4 }), async (first, steps) => {
      await using dir = await scratch()
      let letters = first
      let before: Buffer = Buffer.alloc(0)
      let target = memoryEnd(Buffer.alloc(0), { side: 'target' })
      const layers: DigestReader[] = []
      try {
        for (const [index, one] of steps.entries()) {
          letters = edited(index === 0 ? letters : letters + one.grown, one.edits)
          const isRoot = index === 0
          // A disk never shrinks.
          const tail = letters.length * grainBytes - grainBytes + one.tailBytes
          const content = disk(letters, tail < before.length ? grainBytes : one.tailBytes)
          const changed = changedGrains(before, content)
          const whole = [{ offset: 0, length: content.length }]
          const claimed = [...new Set([...changed, ...one.claimed])].filter(
            (g) => g * grainBytes < content.length,
          )
          const extents =
            one.isFullRead || isRoot || content.length !== before.length
              ? whole
              : claimed
                  .sort((a, b) => a - b)
                  .map((g) => ({
                    offset: g * grainBytes,
                    length: Math.min(grainBytes, content.length - g * grainBytes),
                  }))
          // An overlay over the point before, grown with zeros as qcow2 does.
          const base = Buffer.concat([target.bytes(), Buffer.alloc(content.length - before.length)])
          target = memoryEnd(base, { side: 'target' })
          const path = dir.path(String(index))
          await using digests = await openDigestWriter(path, {
            sizeBytes: content.length,
            kind: isRoot ? 'root' : 'overlay',
          })
          const result = await copy({
            source: memoryEnd(content, { reportsHoles: one.reportsHoles }),
            target,
            extents,
            sizeBytes: content.length,
            targetKnownZero: isRoot,
            digests,
            ...(isRoot ? {} : { previous: layers }),
            stallMs: 5000,
          })
          await digests.finish()
          layers.unshift(await openDigests(path))
          expect(target.bytes().equals(content)).toBe(true)
          expect(await verify({ end: target, digests: layers })).toMatchObject({ mismatches: [] })
          const isNewTail = (g: number): boolean =>
            (g + 1) * grainBytes > before.length && g * grainBytes < before.length
          const bound = grainsOf(content).filter((_, g) => changed.includes(g) || isNewTail(g)).length
          if (!isRoot) expect(result.bytesStored).toBeLessThanOrEqual(bound * grainBytes)
          before = content
        }
      } finally {
        for (const layer of layers) await layer[Symbol.asyncDispose]()
      }
    }),
    { numRuns: 120 },
  )
})

const edited = (letters: string, edits: readonly (readonly [number, string])[]): string => {
  const grains = [...letters]
  for (const [at, letter] of edits) if (at < grains.length) grains[at] = letter
  return grains.join('')
}

test('X, then zeros, then X again: the zeros are on record, so the second X is stored again', async () => {
  await using dir = await scratch()
  const target = memoryEnd(grainBytes, { side: 'target' })
  const layers: DigestReader[] = []
  const stored: number[] = []
  for (const [index, letter] of ['x', '.', 'x'].entries()) {
    const content = disk(letter, grainBytes)
    await using digests = await openDigestWriter(dir.path(String(index)), {
      sizeBytes: grainBytes,
      kind: index === 0 ? 'root' : 'overlay',
    })
    const { bytesStored } = await copy({
      source: memoryEnd(content),
      target,
      extents: [{ offset: 0, length: grainBytes }],
      sizeBytes: grainBytes,
      targetKnownZero: index === 0,
      digests,
      ...(index === 0 ? {} : { previous: layers }),
      stallMs: 5000,
    })
    await digests.finish()
    stored.push(bytesStored)
    layers.unshift(await openDigests(dir.path(String(index))))
    expect(target.bytes().equals(content)).toBe(true)
  }
  for (const layer of layers) await layer[Symbol.asyncDispose]()
  expect(stored).toEqual([grainBytes, 0, grainBytes])
})
