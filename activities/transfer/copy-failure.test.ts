import { Failure } from '../../domain/failure.js'
import { EndError } from '../blocks/errors.js'
import { namedByDisk, newFailedPlaces } from './copy-failure.js'

const end = (errno: string, offset = 4096) =>
  new EndError({ side: 'source', op: 'read', offset, length: 512, errno, where: 'nbdkit' })

test.each([
  { errno: 'EIO', times: 1, retry: true },
  { errno: 'EIO', times: 4, retry: false },
  { errno: 'ECONNRESET', times: 4, retry: true },
])('$errno $times times: retry $retry, and the disk is named', ({ errno, times, retry }) => {
  const failure = namedByDisk(end(errno), 'Hard disk 2', times) as Failure
  expect(failure).toMatchObject({ code: 'read-failed', retry })
  expect(failure.message).toMatch(/^Hard disk 2: .*offset 4096/)
  expect(failure.message.includes('4 attempts in a row')).toBe(!retry)
})

test('what is no error of an end stays what it is', () => {
  const error = new Failure('snapshot-gone', 'gone', { retry: false })
  expect(namedByDisk(error, 'Hard disk 2', 9)).toBe(error)
})

test('only failures at the same place count in a row, each disk for itself', () => {
  const places = newFailedPlaces()
  const MiB = 2 ** 20
  const times = (offset: number, copy = 'a', errno = 'EIO') => places.times(copy, end(errno, offset))
  expect([times(0), times(4096), times(MiB - 1)]).toEqual([1, 2, 3])
  expect([times(0, 'b'), times(5, 'b', 'ECONNRESET'), times(5, 'b')]).toEqual([1, 1, 1])
  expect([times(10), times(MiB), times(MiB), times(0)]).toEqual([4, 1, 2, 1])
  places.forget('a')
  expect(times(0)).toBe(1)
  expect(places.times('a', new Error('something else'))).toBe(0)
})

test('copies that nobody asks of any more are not remembered for ever', () => {
  const places = newFailedPlaces()
  for (let n = 0; n < 1001; n++) places.times(`copy ${n}`, end('EIO'))
  expect(places.times('copy 0', end('EIO'))).toBe(1)
  expect(places.times('copy 1000', end('EIO'))).toBe(2)
})
