import { sizeText, whyFull } from './repository-room.js'

const MiB = 2 ** 20
const room = {
  repository: 'nightly',
  totalBytes: 2048 * MiB,
  freeBytes: 12 * MiB,
  reservedBytes: 0,
  leftBytes: 300 * MiB,
  wholeBytes: 900 * MiB,
}

test('says what is free, what there is and what is still to come', () =>
  expect(whyFull(room)).toBe('Repository nightly is full: 12 MiB free of 2 GiB, 300 MiB still to be written'))

test('what other jobs have reserved is said where it is the reason', () =>
  expect(whyFull({ ...room, freeBytes: 400 * MiB, reservedBytes: 350 * MiB })).toBe(
    'Repository nightly is full: 400 MiB free of 2 GiB, 350 MiB of them reserved by other jobs, 300 MiB still to be written',
  ))

test.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1 KiB'],
  [1.5 * MiB, '1.5 MiB'],
  [9.96 * MiB, '10 MiB'],
  [300 * MiB, '300 MiB'],
  [2 ** 41, '2 TiB'],
  [2 ** 62, '4096 PiB'],
])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text))
