import type { StatusExtent } from './end.js'
import { grainBytes } from './extents.js'
import { cutPieces } from './pieces.js'
import { pieceBytes, type Piece } from './plan.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20

const pieces = async (
  status: Omit<StatusExtent, 'length'>[],
  sizeBytes: number,
  areas = [{ offset: 0, length: sizeBytes }],
) => {
  const all = status.map((one, i) => ({ ...one, length: (status[i + 1]?.offset ?? sizeBytes) - one.offset }))
  const asked: number[] = []
  const end = {
    sizeBytes,
    status: async (offset: number, length: number) => {
      asked.push(length)
      return all
        .map((one) => {
          const start = Math.max(one.offset, offset)
          return { ...one, offset: start, length: Math.min(one.offset + one.length, offset + length) - start }
        })
        .filter((one) => one.length > 0)
    },
  }
  const found: Piece[] = []
  for await (const piece of cutPieces(end, areas)) found.push(piece)
  return { found, asked }
}

test('a hole that does not promise zeros is read', async () => {
  const { found } = await pieces([{ offset: 0, hole: true, zero: false }], pieceBytes)
  expect(found).toEqual([{ offset: 0, length: pieceBytes, kind: 'data' }])
})

test('zeros that are allocated are not read', async () => {
  const { found } = await pieces([{ offset: 0, hole: false, zero: true }], MiB)
  expect(found).toEqual([{ offset: 0, length: MiB, kind: 'zero' }])
})

test('only whole grains of zeros count as zeros', async () => {
  const status = [
    { offset: 0, hole: false, zero: false },
    { offset: 4096, hole: true, zero: true },
    { offset: 3 * grainBytes - 4096, hole: false, zero: false },
  ]
  const { found } = await pieces(status, 3 * grainBytes)
  expect(found).toEqual([
    { offset: 0, length: grainBytes, kind: 'data' },
    { offset: grainBytes, length: grainBytes, kind: 'zero' },
    { offset: 2 * grainBytes, length: grainBytes, kind: 'data' },
  ])
})

test('a sparse ten tebibytes of fragments asks in windows, and yields them all in order', async () => {
  const areas = Array.from({ length: 28_000 }, (_, i) => ({ offset: i * 368 * MiB, length: grainBytes }))
  const { found, asked } = await pieces([{ offset: 0, hole: false, zero: false }], 28_000 * 368 * MiB, areas)
  expect(found.map(({ offset, length }) => ({ offset, length }))).toEqual(areas)
  expect(asked.length).toBeLessThan(5000)
  expect(Math.max(...asked)).toBeLessThanOrEqual(4096 * MiB)
})

test('windows grow over a sparse disk, and shrink again where it is full of fragments', async () => {
  const sizeBytes = 64 * 1024 * MiB
  const edge = sizeBytes - 256 * MiB
  const fragments = Array.from({ length: 4096 }, (_, i) => ({
    offset: edge + i * grainBytes,
    hole: i % 2 === 0,
    zero: i % 2 === 0,
  }))
  const { found, asked } = await pieces([{ offset: 0, hole: true, zero: true }, ...fragments], sizeBytes)
  expect(found.reduce((sum, one) => sum + one.length, 0)).toBe(sizeBytes)
  expect(asked.length).toBeLessThan(30)
})

test('a disk of data is never asked about more than a window ahead', async () => {
  const { asked } = await pieces([{ offset: 0, hole: false, zero: false }], 16 * 1024 * MiB)
  expect(Math.max(...asked)).toBeLessThanOrEqual(256 * MiB)
})
