import { ApplicationFailure, TimeoutFailure } from '@temporalio/common'
import { WorkflowFailedError } from '@temporalio/client'
import { Failure, failureCodes } from '../domain/failure.js'
import { Problem } from './contract/problem.js'
import { badShape, problemBody, statusOfCode, toApiProblem } from './errors.js'
import { notFound, unprocessable } from './problem.js'
import { StartBackupRequest } from './contract/backups.js'

const failed = (cause: Error): WorkflowFailedError =>
  new WorkflowFailedError('Workflow execution failed', cause, 'NON_RETRYABLE_FAILURE' as never)
const grpc = (code: number): Error =>
  Object.assign(new Error('14 UNAVAILABLE: secret-host'), { code, metadata: {} })
const driver = (code: string, errno: number): Error =>
  new Error('Failed query: insert into users values (hash-of-a-password)', {
    cause: Object.assign(new Error('driver says hash-of-a-password'), { code, errno, sqlState: 'HY000' }),
  })

test.each([
  {
    name: 'a failure of ours',
    error: new Failure('repository-full', 'No room', { retry: false }),
    status: 507,
    code: 'repository-full',
  },
  {
    name: 'a refused login',
    error: failed(ApplicationFailure.nonRetryable('No', 'source-login-refused')),
    status: 422,
    code: 'source-login-refused',
  },
  {
    name: 'an unreachable source',
    error: failed(ApplicationFailure.retryable('No', 'source-unreachable')),
    status: 503,
    code: 'source-unreachable',
  },
  {
    name: 'a step nobody took',
    error: failed(new TimeoutFailure('late', undefined, 'SCHEDULE_TO_START')),
    status: 503,
    code: 'service-unavailable',
  },
  { name: 'Temporal away', error: grpc(14), status: 503, code: 'service-unavailable' },
  { name: 'Temporal too slow', error: grpc(4), status: 503, code: 'service-unavailable' },
  {
    name: 'a namespace or attribute unknown to Temporal',
    error: grpc(3),
    status: 503,
    code: 'service-unavailable',
  },
  { name: 'no namespace in Temporal', error: grpc(5), status: 503, code: 'service-unavailable' },
  { name: 'Temporal forbids', error: grpc(7), status: 503, code: 'service-unavailable' },
  { name: 'Temporal admits nobody', error: grpc(16), status: 503, code: 'service-unavailable' },
  { name: 'database away', error: driver('ECONNREFUSED', -111), status: 503, code: 'service-unavailable' },
  { name: 'a taken name', error: driver('ER_DUP_ENTRY', 1062), status: 409, code: 'conflict' },
  { name: 'a record in use', error: driver('ER_ROW_IS_REFERENCED_2', 1451), status: 409, code: 'conflict' },
  {
    name: 'a record that names one just deleted',
    error: driver('ER_NO_REFERENCED_ROW_2', 1452),
    status: 409,
    code: 'conflict',
  },
  { name: 'another database error', error: driver('ER_PARSE_ERROR', 1064), status: 500, code: 'internal' },
  {
    name: 'a body that is too large',
    error: Object.assign(new Error('x'), { type: 'entity.too.large', limit: 1 }),
    status: 413,
    code: 'too-large',
  },
  {
    name: 'bad JSON',
    error: Object.assign(new SyntaxError('x'), { type: 'entity.parse.failed' }),
    status: 400,
    code: 'bad-request',
  },
  { name: 'a bad escape in the path', error: new URIError('x'), status: 400, code: 'bad-request' },
  {
    name: 'an unknown type of a workflow failure',
    error: failed(ApplicationFailure.nonRetryable('psst', 'Other')),
    status: 500,
    code: 'internal',
  },
  { name: 'a bug', error: new TypeError('psst'), status: 500, code: 'internal' },
  { name: 'what is no error', error: 'psst', status: 500, code: 'internal' },
])('$name is $status $code', ({ error, status, code }) => {
  const problem = toApiProblem(error)
  expect(problem).toMatchObject({ status, code })
  const body = problemBody(problem)
  expect(Problem.parse(body)).toEqual(body)
  expect(body.error).toBe(body.detail)
  expect(JSON.stringify(body)).not.toMatch(/psst|hash-of-a-password|secret-host| at \//)
})

test.each([
  Object.assign(new Error('x'), { type: 'entity.too.large', limit: 1 }),
  Object.assign(new Error('x'), { type: 'entity.parse.failed' }),
  Object.assign(new Error('x'), { type: 'charset.unsupported' }),
  Object.assign(new Error('x'), { type: 'request.aborted' }),
  new URIError('x'),
  grpc(3),
  grpc(16),
  notFound('backup', 'b'),
  unprocessable('exclude_disks', 'names no disk'),
])('what the door refuses says what to do: %s', (error) => {
  expect(problemBody(toApiProblem(error)).remedy).toMatch(/^[A-Z].*\.$/)
})

test('the sentence, remedy and facts of a workflow failure are kept, other details are not', () => {
  const cause = ApplicationFailure.create({
    type: 'repository-full',
    message: 'Repository main has 5 bytes; 10 are needed',
    details: [{ remedy: 'Free room.', facts: { free_bytes: 5, deep: { no: 1 } }, stack: 'secret' }],
  })
  expect(problemBody(toApiProblem(failed(new Error('Activity failed', { cause }))))).toMatchObject({
    status: 507,
    detail: 'Repository main has 5 bytes; 10 are needed',
    remedy: 'Free room.',
    facts: { free_bytes: 5 },
  })
})

test('every failure code has a status that says whose fault it is', () => {
  for (const code of failureCodes) expect(statusOfCode[code]).toBeGreaterThanOrEqual(400)
})

test('each wrong field of a body is named, an unknown one too, and no value is repeated', () => {
  const parsed = StartBackupRequest.safeParse({
    vm_name: 'a',
    repository_id: 'x',
    quiesce: 'hush',
    colour: 'secret',
  })
  const problem = parsed.success ? undefined : badShape('body', parsed.error)
  const { errors } = problemBody(toApiProblem(problem))
  expect(errors.map((error) => error.path).sort()).toEqual([
    'body.colour',
    'body.quiesce',
    'body.repository_id',
  ])
  expect(JSON.stringify(errors)).not.toMatch(/hush|secret/)
})
