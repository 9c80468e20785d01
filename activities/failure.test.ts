import { ApplicationFailure, CancelledFailure, CompleteAsyncError } from '@temporalio/activity'
import { ActivityFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common'
import { Failure } from '../domain/failure.js'
import { CheckpointError, DigestFileError, EndError } from './blocks/errors.js'
import { ProcessError } from './processes/process-error.js'
import { fromApplicationFailure, toApplicationFailure } from './failure.js'

const secret = 'hunter2-do-not-tell'

const end = (side: 'source' | 'target', errno: string): EndError =>
  new EndError({
    side,
    op: 'write',
    offset: 65_536,
    length: 4096,
    errno,
    where: `nbd+unix:///x?password=${secret}`,
    detail: secret,
  })

const systemError = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: ${secret}`), { code, syscall: 'open', ...(path && { path }) })

const queryError = (code: string): Error =>
  Object.assign(new Error(`Failed query: insert into x params: ${secret}`), {
    cause: Object.assign(new Error(secret), { code, sqlState: 'HY000' }),
  })

const converted = (error: unknown): ApplicationFailure => {
  const failure = toApplicationFailure(error)
  if (!(failure instanceof ApplicationFailure)) throw new Error(`not translated: ${failure.name}`)
  return failure
}

describe('a step that fails', () => {
  test('is tried again when its failure says that it is worth it', () => {
    const waiting = { retry: true, retryAfterMs: 25_000 }
    expect(converted(new Failure('slots-busy', 'full', waiting)).nextRetryDelay).toBe(25_000)
    expect(converted(new Failure('slots-busy', 'full', { retry: true })).nextRetryDelay).toBeUndefined()
  })

  test('keeps code, sentence, remedy and facts through a history and back', () => {
    const failure = new Failure('repository-full', 'Repository r needs 10 bytes; 3 are free', {
      retry: false,
      facts: { needed: 10, free: 3 },
      remedy: 'Free room.',
      cause: new Error(secret),
    })
    const sent = defaultFailureConverter.errorToFailure(
      toApplicationFailure(failure),
      defaultPayloadConverter,
    )
    const received = defaultFailureConverter.failureToError(sent, defaultPayloadConverter)
    expect(received).toMatchObject({ type: 'repository-full', nonRetryable: true })
    const wrapped = new ActivityFailure(
      'Activity task failed',
      'copyDisk',
      '1',
      'NON_RETRYABLE_FAILURE',
      'w',
      received,
    )
    expect(fromApplicationFailure(Object.assign(new Error('Workflow failed'), { cause: wrapped }))).toEqual({
      code: 'repository-full',
      message: 'Repository r needs 10 bytes; 3 are free',
      remedy: 'Free room.',
      facts: { needed: 10, free: 3 },
    })
    expect(JSON.stringify(sent)).not.toContain(secret)
  })

  test.each([
    ['a lost source', end('source', 'ECONNRESET'), 'read-failed', true],
    ['a target that fails', end('target', 'EIO'), 'write-failed', true],
    ['a full target', end('target', 'ENOSPC'), 'repository-full', false],
    [
      'a digest file cut short',
      new DigestFileError('/r/x.digests', 'truncated', secret),
      'point-damaged',
      false,
    ],
    ['a checkpoint of another plan', new CheckpointError('plan-changed', secret), 'internal', true],
    [
      'a program that is not installed',
      new ProcessError('qemu-nbd', 'exited', 'x', { exitCode: 127 }),
      'not-available',
      false,
    ],
    [
      'a server that did not start',
      new ProcessError('nbdkit', 'exited', 'x', { exitCode: 1 }),
      'transport-unavailable',
      true,
    ],
    [
      'a program that found no room',
      new ProcessError('qemu-img', 'failed', 'x', {
        exitCode: 1,
        stderrTail: 'a\nwrite: No space left on device',
      }),
      'repository-full',
      false,
    ],
    ['a full file system', systemError('ENOSPC', '/r/x'), 'repository-full', false],
    [
      'a full file that is open',
      { ...systemError('ENOSPC'), syscall: 'write', path: undefined },
      'repository-full',
      false,
    ],
    ['a read-only file system', systemError('EROFS', '/r/x'), 'repository-read-only', false],
    ['a database that is away', queryError('ECONNREFUSED'), 'service-unavailable', true],
    ['a lost database connection', systemError('PROTOCOL_CONNECTION_LOST'), 'service-unavailable', true],
    ['a deadlock', queryError('ER_LOCK_DEADLOCK'), 'service-unavailable', true],
    ['a refused statement', queryError('ER_DUP_ENTRY'), 'internal', true],
    ['a connection refused by something else', systemError('ECONNREFUSED'), 'internal', true],
    ['a bug', new TypeError(secret), 'internal', true],
    ['a thrown string', secret, 'internal', true],
  ])('%s is named without what it carried', (_name, error, type, retry) => {
    const failure = converted(error)
    expect(failure).toMatchObject({ type, nonRetryable: !retry })
    expect(failure.cause).toBeUndefined()
    const sent = JSON.stringify(defaultFailureConverter.errorToFailure(failure, defaultPayloadConverter))
    expect(sent).not.toContain(secret)
    expect(fromApplicationFailure(failure)).toMatchObject({ code: type })
  })

  test('an end says where on which side', () => {
    expect(fromApplicationFailure(converted(end('target', 'EIO'))).facts).toMatchObject({
      side: 'target',
      operation: 'write',
      offset: 65_536,
      errno: 'EIO',
    })
  })

  test.each([
    ['cancellation', new CancelledFailure('stop')],
    ['asynchronous completion', new CompleteAsyncError()],
    ['what is translated already', ApplicationFailure.nonRetryable('x', 'y')],
  ])('%s passes unchanged', (_name, error) => {
    expect(toApplicationFailure(error)).toBe(error)
  })

  test('stays small enough for a history whatever it is given', () => {
    const facts = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`fact${index}`, 'x'.repeat(5000)]),
    )
    const failure = converted(
      new Failure('internal', 'y'.repeat(100_000), { retry: false, facts, remedy: 'z'.repeat(9999) }),
    )
    expect(JSON.stringify([failure.message, failure.details]).length).toBeLessThan(6000)
  })
})
