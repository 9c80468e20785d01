import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readAreas, writeAreas } from './areas-file.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'areas-'))
})
afterAll(() => rm(directory, { recursive: true }))

const size = 10 * 65_536
const areas = [
  { offset: 0, length: 65_536 },
  { offset: 3 * 65_536, length: 2 * 65_536 },
]

test.each([areas, []])('what was written is read again', async (...written) => {
  const file = path.join(directory, 'a')
  await writeAreas(file, size, written)
  expect(await readAreas(file, size)).toEqual(written)
})

test('areas of another size of the disk are not taken, nor a file that is none or not there', async () => {
  const file = path.join(directory, 'b')
  expect(await readAreas(file, size)).toBeUndefined()
  await writeAreas(file, size, areas)
  expect(await readAreas(file, size + 512)).toBeUndefined()
  await writeFile(file, '{"format": "sendense-areas", "version": 1, "size_b')
  expect(await readAreas(file, size)).toBeUndefined()
  await writeAreas(file, size, areas.toReversed())
  expect(await readAreas(file, size)).toBeUndefined()
})
