import { checkExtents, grainBytes, totalBytes } from './extents.js'
import { sampleAreas } from './sample-areas.js'

const MiB = 2 ** 20
const GiB = 1024 * MiB

test.each([
  { name: 'a small disk is read whole', sizeBytes: 40 * MiB + 512, bytes: 40 * MiB + 512 },
  { name: 'a disk of exactly the least', sizeBytes: 64 * MiB, bytes: 64 * MiB },
  { name: 'a middling disk gets the least', sizeBytes: GiB, bytes: 64 * MiB },
  { name: 'a large disk gets a twentieth', sizeBytes: 100 * GiB, bytes: 5 * GiB },
  { name: 'an empty disk gets nothing', sizeBytes: 0, bytes: 0 },
])('$name', ({ sizeBytes, bytes }) => {
  const areas = sampleAreas(sizeBytes, 'backup-1')
  expect(totalBytes(areas)).toBe(bytes)
  checkExtents(areas, sizeBytes)
  for (const { offset, length } of areas) {
    expect(offset % grainBytes).toBe(0)
    expect((offset + length) % grainBytes === 0 || offset + length === sizeBytes).toBe(true)
  }
})

test('a sample is spread: every stretch of the disk gives its part', () => {
  const areas = sampleAreas(64 * GiB, 'backup-1')
  const inGiB = (n: number) =>
    areas.filter(({ offset }) => offset >= n * GiB && offset < (n + 1) * GiB).length
  for (let n = 0; n < 64; n++) expect(inGiB(n)).toBeGreaterThan(20)
})

test('the same run reads the same places again, another run others', () => {
  const first = sampleAreas(64 * GiB, 'backup-1')
  expect(sampleAreas(64 * GiB, 'backup-1')).toEqual(first)
  const offsets = new Set(first.map(({ offset }) => offset))
  const again = sampleAreas(64 * GiB, 'backup-2').filter(({ offset }) => offsets.has(offset))
  expect(again.length).toBeLessThan(first.length / 4)
})

test('no place is beyond reach: enough runs read all of a disk', () => {
  const seen = new Set<number>()
  for (let run = 0; run < 400 && seen.size < 1280; run++)
    for (const { offset, length } of sampleAreas(1280 * MiB, `backup-${run}`))
      for (let at = offset; at < offset + length; at += MiB) seen.add(at)
  expect(seen.size).toBe(1280)
})
