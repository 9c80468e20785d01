import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { Client } from '@temporalio/client'
import { jobLog } from '../activities/job-log.js'
import { sendNotice } from '../activities/notices/send-notice.js'
import type { NoticeDependencies, Webhook } from '../activities/notices/send-notice.js'
import { startNotice } from '../activities/notices/start-notice.js'
import type { NoticeEvent, NoticeResult } from '../domain/notice.js'
import { queues, workflowIds, workflowTypes } from '../domain/rules/names.js'
import type { Execution } from '../domain/execution.js'
import { insertPendingExecution } from '../drizzle/queries/executions.js'
import { flowExecutionItems } from '../drizzle/schema/flow-execution-items.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { addFlow } from '../drizzle/testing/flow-rows.js'
import { registerVm } from '../drizzle/testing/samples.js'
import { checkTemporal } from '../worker/check-temporal.js'
import { readConfig } from '../worker/config.js'
import { queueWorkers } from '../worker/queue-workers.js'
import { controlSteps } from '../worker/steps.js'
import type { StepContext } from '../worker/steps.js'
import { connectTemporal } from '../worker/temporal.js'
import { recordHistory } from './testing/record-history.js'
import { bundleWorkflows, quietRuntime, replay } from './testing/replay.js'

jest.setTimeout(180_000)

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly path: string
  readonly body: string
}
type Answerer = (response: ServerResponse) => void

let opened: TestDatabase
let server: Server
let folder = ''
let flowId = ''
const execution = `exec-${randomBytes(4).toString('hex')}`
const received: Received[] = []
/** How the next ones are answered; 204 where nothing is said. */
const answers: Answerer[] = []

beforeAll(async () => {
  quietRuntime()
  folder = await mkdtemp(path.join(tmpdir(), 'sendense-hook-'))
  await writeFile(path.join(folder, 'secret'), 'shared secret\n')
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      received.push({ headers: request.headers, path: request.url ?? '', body })
      const answer = answers.shift()
      if (answer === undefined) response.writeHead(204).end()
      else answer(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened = await openTestDatabase()
  const { db } = opened.database
  const of = await registerVm(db)
  flowId = await addFlow(db, {
    ...{ target_id: of.context.id, repository_id: of.repositoryId, name: 'nightly' },
  })
  await insertPendingExecution(db, {
    ...{ id: execution, flow_id: flowId, execution_type: 'scheduled', backup_type: 'auto' },
    ...{ workflow_id: `flow:${flowId}`, triggered_by: 'schedule', created_at: new Date().toISOString() },
  })
  await db.insert(flowExecutionItems).values({
    ...{ execution_id: execution, position: 0, vm_context_id: of.context.id, vm_name: 'pgtest1' },
    ...{ priority: 50, status: 'failed', reason: 'the vCenter is away', attempts: 3, backup_ids: [] },
    ...{ reasons: [], bytes_transferred: 0 },
  })
}, 120_000)
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
}, 60_000)
beforeEach(() => {
  received.length = 0
  answers.length = 0
})

const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const webhook = (change: Partial<Webhook> = {}): Webhook => ({
  url: `${origin()}/hook?token=in-the-address`,
  secretFile: path.join(folder, 'secret'),
  kinds: new Set(['warning', 'error', 'missed']),
  ...change,
})
const now = (): Date => new Date('2026-11-21T03:00:00.000Z')
const needs = (change: Partial<NoticeDependencies> = {}): NoticeDependencies => ({
  ...{ db: opened.database.db, now, webhook: webhook() },
  ...change,
})
const event = (): NoticeEvent => ({ kind: 'error', flowId, executionId: execution })
const missed = (count: number): NoticeEvent => ({
  ...{
    kind: 'missed',
    flowId,
    nominalTime: '2026-11-21T02:00:00.000Z',
    count,
    reason: 'the worker was away',
  },
})
// The mock tells the console of every refusal that a test expects.
const ignore = (): void => undefined
const silent = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }
const answer =
  (status: number, headers = {}): Answerer =>
  (response) =>
    response.writeHead(status, headers).end('whatever')
const send = (change: Partial<NoticeDependencies> = {}, of = event()): Promise<unknown> =>
  new MockActivityEnvironment({}, { logger: silent }).run(
    sendNotice(needs(change)) as (input: NoticeEvent) => Promise<unknown>,
    of,
  )

test('a signed POST says what happened, to which flow and why', async () => {
  expect(await send()).toEqual({ sent: true })
  const [{ headers, body, path: at } = { headers: {}, body: '', path: '' }] = received
  expect(at).toBe('/hook?token=in-the-address')
  const timestamp = String(now().getTime() / 1000)
  const signature = createHmac('sha256', 'shared secret').update(`${timestamp}.${body}`).digest('hex')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-sendense-timestamp': timestamp,
    'x-sendense-signature': `v1=${signature}`,
    'x-sendense-event-id': `${execution}:error`,
  })
  expect(JSON.parse(body)).toMatchObject({
    event: 'error',
    flow: { id: flowId, name: 'nightly' },
    execution: { id: execution, status: 'pending' satisfies Execution['status'], vms_total: 0 },
    reasons: ['pgtest1: the vCenter is away'],
    link: `/executions/${execution}`,
  })
  expect(body).not.toMatch(/secret|token/)
})

test('missed due times are told as one; without a secret nothing is signed', async () => {
  await send({ webhook: webhook({ secretFile: null }) }, missed(3))
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
    event: 'missed',
    text: 'Protection flow nightly did not run at 3 due times, the latest at 2026-11-21T02:00:00.000Z',
    execution: null,
    missed_count: 3,
    reasons: ['the worker was away'],
    link: `/flows/${flowId}`,
  })
  expect(received[0]?.headers).not.toHaveProperty('x-sendense-signature')
})

test('what is not wanted is not sent', async () => {
  expect(await send({ webhook: null })).toEqual({ sent: false })
  expect(await send({ webhook: webhook({ kinds: new Set(['missed']) }) })).toEqual({ sent: false })
  expect(await send({}, { ...event(), flowId: 'flow-unknown' } as NoticeEvent)).toEqual({ sent: false })
  expect(received).toEqual([])
})

test('failures name the host and never the address; a redirect is not followed', async () => {
  answers.push(answer(302, { location: `${origin()}/elsewhere` }))
  const redirect = await send().catch((error: unknown) => error)
  expect(redirect).toMatchObject({ code: 'service-unavailable', retry: false })
  expect(received.map(({ path: at }) => at)).toEqual(['/hook?token=in-the-address'])
  answers.push(() => undefined)
  const late = await send({ timeoutMs: 300 }).catch((error: unknown) => error)
  expect(late).toMatchObject({ retry: true, message: expect.stringContaining('no answer in time') as string })
  const nowhere = await send({ webhook: webhook({ url: 'http://127.0.0.1:9/token-x' }) }).catch(
    (error: unknown) => error,
  )
  expect(nowhere).toMatchObject({ retry: true, message: expect.stringContaining('127.0.0.1:9') as string })
  const unreadable = await send({ webhook: webhook({ secretFile: path.join(folder, 'none') }) }).catch(
    (error: unknown) => error,
  )
  expect(unreadable).toMatchObject({ message: expect.stringContaining('secret of the webhook') as string })
  for (const error of [redirect, late, nowhere, unreadable])
    expect((error as Error).message).not.toMatch(/token/)
})

test('the workflow tries again after a 500, tells each event once, and gives up without failing', async () => {
  await using temporal = await ownNamespace()
  const { client, steps } = temporal
  const kinds = webhook().kinds
  await startNotice({ client, kinds: new Set() }, event())
  const handleOf = (of: string) => client.workflow.getHandle(workflowIds.notify(of))
  await expect(handleOf(`${execution}:error`).describe()).rejects.toThrow(/not found/i)

  answers.push(answer(500))
  // As the end of a run does, tried twice: the worker's own step, with the worker's own settings.
  for (const _ of [1, 2])
    expect(await steps.finishExecution({ executionId: execution, end: { kind: 'ended' } })).toMatchObject({
      status: 'error',
    })
  const handle = handleOf(`${execution}:error`)
  expect(await handle.result()).toEqual({ sent: true, reason: null } satisfies NoticeResult)
  expect(received).toHaveLength(2)
  expect(new Set(received.map(({ body }) => body)).size).toBe(1)
  await startNotice({ client, kinds }, event())
  const history = await handle.fetchHistory()
  expect(JSON.stringify(history)).not.toMatch(/in-the-address|shared secret/)
  await replay(temporal.bundle, history, workflowIds.notify(`${execution}:error`))
  await recordHistory('notify.sent', history)

  answers.push(answer(302))
  await startNotice({ client, kinds }, missed(1))
  const refused = handleOf(`${flowId}:missed:2026-11-21T02:00:00.000Z`)
  expect(await refused.result()).toEqual({
    sent: false,
    reason: expect.stringMatching(/127\.0\.0\.1:\d+ answered 302$/) as string,
  })
  await recordHistory('notify.refused', await refused.fetchHistory())
  expect(received).toHaveLength(3)

  const pruning = await client.workflow.start(workflowTypes.pruneHistory, {
    workflowId: 'prune-history',
    taskQueue: queues.control,
  })
  const nothing = { executions: 0, steps: 0, dueTimes: 0, backups: 0, more: false }
  expect(await pruning.result()).toEqual(nothing)
  await recordHistory('prune-history', await pruning.fetchHistory())
})

interface OwnNamespace extends AsyncDisposable {
  readonly client: Client
  readonly steps: ReturnType<typeof controlSteps>
  readonly bundle: Awaited<ReturnType<typeof bundleWorkflows>>
}

/** Another test's workers serve the control queue of the common one. */
async function ownNamespace(): Promise<OwnNamespace> {
  const namespace = `notify-${randomBytes(4).toString('hex')}`
  const config = readConfig({
    ...process.env,
    ...{ TEMPORAL_NAMESPACE: namespace, SENDENSE_KEY_FILE: 'none', SENDENSE_RUN_DIR: 'none' },
    ...{ SENDENSE_WEBHOOK_URL: webhook().url, SENDENSE_WEBHOOK_SECRET_FILE: webhook().secretFile ?? '' },
  })
  const { native, client, close } = await connectTemporal(config)
  await client.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  const added = { FlowId: 2, OpKind: 2 }
  for (let known = false; !known; await sleep(500))
    known = await checkTemporal(client)
      .then(() => true)
      .catch((error: unknown) => error instanceof Error && /lacks/.test(error.message))
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: added })
  const { db } = opened.database
  const steps = controlSteps({ db, client, config } as StepContext)
  const bundle = await bundleWorkflows()
  const workers = queueWorkers({
    ...{ native, namespace, identity: 'test', interceptor: jobLog(db, now, () => undefined) },
    failed: (_, error) => {
      throw error
    },
  })
  await workers.serve(queues.control, { activities: steps, bundle, slots: 5 })
  return {
    client,
    steps,
    bundle,
    [Symbol.asyncDispose]: async () => {
      await workers[Symbol.asyncDispose]()
      await close()
    },
  }
}
