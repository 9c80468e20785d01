import { Failure } from '../../domain/failure.js'
import { EndError } from '../blocks/errors.js'
import { namedByDisk } from './copy-failure.js'

const end = (errno: string) =>
  new EndError({ side: 'source', op: 'read', offset: 4096, length: 512, errno, where: 'nbdkit' })

test.each([
  { errno: 'EIO', attempt: 1, retry: true },
  { errno: 'EIO', attempt: 4, retry: false },
  { errno: 'ECONNRESET', attempt: 4, retry: true },
])('$errno in attempt $attempt: retry $retry, and the disk is named', ({ errno, attempt, retry }) => {
  const failure = namedByDisk(end(errno), 'Hard disk 2', attempt) as Failure
  expect(failure).toMatchObject({ code: 'read-failed', retry })
  expect(failure.message).toMatch(/^Hard disk 2: .*offset 4096/)
  expect(failure.message.includes('4 attempts in a row')).toBe(!retry)
})

test('what is no error of an end stays what it is', () => {
  const error = new Failure('snapshot-gone', 'gone', { retry: false })
  expect(namedByDisk(error, 'Hard disk 2', 9)).toBe(error)
})
