import { randomBytes } from 'node:crypto'
import { Client, Connection, isGrpcDeadlineError } from '@temporalio/client'
import { parseCron } from '../../domain/rules/cron.js'
import { dueBetween, nextDue } from '../../domain/rules/due-times.js'
import { scheduleIds } from '../../domain/rules/names.js'
import { specOf } from './schedule-spec.js'

jest.setTimeout(180_000)

/** Spans that hold a change of clocks of every zone below, in both directions, and a leap day. */
const spans = [
  ['2027-03-11T00:00:00Z', '2027-04-06T00:00:00Z'],
  ['2026-10-02T00:00:00Z', '2026-11-03T00:00:00Z'],
  ['2028-02-27T00:00:00Z', '2028-03-02T00:00:00Z'],
] as const
const zones = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'],
  ...['America/Havana', 'America/St_Johns'],
]
const chosen = [
  ...['*/5 * * * *', '30 2 * * *', '0,30 1-3 * * *', '15 * * * *', '45 1 * * 0', '0 0 * * *', '17 23 * * *'],
  ...['0 0 29 2 *', '20 2 */2 * 0', '0 12 13 * 5', '10 2 1-7 * 0', '@hourly', '40 1,2 * 3,4,10,11 *'],
]
const seed = Number(process.env['SENDENSE_SEED'] ?? 20_261_121)

/** The same numbers for the same seed (mulberry32). */
const random = (state: number) => (below: number) => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}

const madeUp = (below: (limit: number) => number): string => {
  const minute = [`*/${1 + below(40)}`, `${below(60)}`, `${below(30)}-${30 + below(30)}/7`][below(3)]
  const hour = ['*', `${below(4)}`, `${below(3)}-${3 + below(20)}`, `*/${1 + below(6)}`, '0,1,2,3'][below(5)]
  const date = ['*', '*', '*', `${1 + below(31)}`, `*/${2 + below(9)}`][below(5)]
  const month = ['*', '*', '2-4', '10,11'][below(4)]
  const weekday = ['*', '*', '0', '6,0', '1-5', `*/${1 + below(3)}`][below(6)]
  return [minute, hour, date, month, weekday].join(' ')
}

const cases = (): { expression: string; timezone: string }[] => {
  const below = random(seed)
  const all = [...chosen, ...Array.from({ length: 30 }, () => madeUp(below))]
  return all
    .map((expression, index) => ({ expression, timezone: zones[index % zones.length] ?? 'UTC' }))
    .concat(zones.map((timezone) => ({ expression: '*/15 0-4 * * *', timezone })))
    .filter(({ expression }) => parseCron(expression).cron !== null)
}

let connection: Connection
let client: Client
beforeAll(async () => {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = process.env
  if (!address || !namespace)
    throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; `npm test` does')
  connection = await Connection.connect({ address })
  client = new Client({ connection, namespace })
})
afterAll(() => connection.close())

const seconds = (iso: string) => ({ seconds: Date.parse(iso) / 1000 }) as never
const times = (moments: readonly { seconds?: unknown }[] | null | undefined): string[] =>
  (moments ?? []).map(({ seconds: at }) => new Date(Number(at) * 1000).toISOString())

/** Temporal's scheduler answers with one worker: while other tests keep it busy, a question may come to nothing. */
const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let left = 5; ; left--)
    try {
      return await ask()
    } catch (error) {
      if (left === 0 || !isGrpcDeadlineError(error)) throw error
    }
}

/** What the server itself says: all due times of each span, and the ten next ones from now. */
const oracle = async (expression: string, timezone: string) => {
  const scheduleId = `${scheduleIds.flow('oracle')}-${randomBytes(6).toString('hex')}`
  const spec = specOf({ cron_expression: expression, timezone, jitter_seconds: 0 })
  const handle = await client.schedule.create({
    ...{ scheduleId, spec, state: { paused: true } },
    action: { type: 'startWorkflow', workflowType: 'nothing', taskQueue: 'nobody', args: [] },
  })
  const matching = await Promise.all(
    spans.map(([from, until]) =>
      patiently(() =>
        connection.workflowService.listScheduleMatchingTimes({
          ...{ namespace: client.options.namespace, scheduleId },
          ...{ startTime: seconds(from), endTime: seconds(until) },
        }),
      ),
    ),
  )
  const { info } = await patiently(() => handle.describe())
  await handle.delete()
  return {
    spans: matching.map(({ startTime }) => times(startTime)),
    next: info.nextActionTimes.map((at) => at.toISOString()),
  }
}

/** The server's lists end at a thousand. */
const most = 1000

test.each(cases())('$expression in $timezone is due when Temporal says', async ({ expression, timezone }) => {
  const said = await oracle(expression, timezone)
  const { cron } = parseCron(expression)
  if (cron === null) throw new Error(expression)
  for (const [index, [from, until]] of spans.entries()) {
    const theirs = said.spans[index] ?? []
    const span = { after: new Date(from), until: new Date(until), most }
    const ours = dueBetween(cron, timezone, span).map((at) => at.toISOString())
    expect(ours.slice(0, most)).toEqual(theirs.slice(0, most))
  }
  const [first, ...rest] = said.next
  if (first === undefined) return
  let at = new Date(Date.parse(first))
  for (const next of rest) {
    const due = nextDue(cron, timezone, at)
    expect(due?.toISOString()).toBe(next)
    at = new Date(next)
  }
})
