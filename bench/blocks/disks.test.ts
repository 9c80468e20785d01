import { checkExtents, intersectExtents, totalBytes } from '../../activities/blocks/extents.js'
import { changedExtents, dataAreas, large, medium, small } from './disks.js'

const GiB = 2 ** 30

test.each([
  { disk: large, sizeBytes: 8 * GiB, dataBytes: 2 * GiB },
  { disk: medium, sizeBytes: GiB, dataBytes: GiB / 4 },
  { disk: small, sizeBytes: 160 * 2 ** 20, dataBytes: 40 * 2 ** 20 },
])('the data of the $disk.name disk is a quarter of it, spread to its end', ({ disk, ...expected }) => {
  const areas = dataAreas(disk)
  checkExtents(areas, disk.sizeBytes)
  expect({ sizeBytes: disk.sizeBytes, dataBytes: totalBytes(areas) }).toEqual(expected)
  expect(areas.at(-1)!.offset).toBeGreaterThan(0.9 * disk.sizeBytes)
})

test('1 % of the large disk changes: single grains in every area of its data, some of them to zeros', () => {
  const changed = changedExtents(large)
  checkExtents(changed, large.sizeBytes)
  expect(changed).toHaveLength(1311)
  expect(intersectExtents(changed, dataAreas(large))).toEqual(
    changed.map(({ offset }) => ({ offset, length: 65_536 })),
  )
  expect(new Set(changed.map(({ offset }) => Math.floor(offset / (128 * 2 ** 20)))).size).toBe(64)
  expect(changed.every(({ offset }, i) => i === 0 || offset > changed[i - 1]!.offset + 65_536)).toBe(true)
  expect(changed.filter(({ zero }) => zero)).toHaveLength(41)
})
