import type { ScheduleExecutionView } from '../../api/contract/schedules.js'
import { killAll } from './kill-all.js'
import { lateMs, openMissedScene, shortLimitMinutes, sleepUntil, storyOf, storyWhen } from './missed-runs.js'
import type { FlowName, FlowStory, MissedScene } from './missed-runs.js'

let scene: MissedScene
const ringing = ['skip', 'once', 'all', 'limited'] as const
const stories = new Map<FlowName, FlowStory>()
const told = (name: FlowName): FlowStory => stories.get(name)!

const iso = (at: number): string => new Date(at).toISOString()
const hasEnded = ({ status }: { readonly status: string }): boolean => !/pending|running|paused/.test(status)
const isMissed = ({ nominal_time }: { readonly nominal_time: string | null }): boolean =>
  scene.missed.includes(Date.parse(nominal_time ?? ''))

/** All flows run once, nothing is up for three due times, and they go on as their schedule says. */
beforeAll(async () => {
  scene = await openMissedScene()
  const { product, flows, missed } = scene
  for (const name of [...ringing, 'off'] as const)
    await storyWhen(scene, name, ({ executions }) => executions.some(({ status }) => status === 'success'))
  await product.call('PATCH', `/protection-flows/${flows.off}/disable`)
  process.stderr.write(`killed ${(await killAll(product)).join(', ')}\n`)
  if (Date.now() >= missed[0]!) throw new Error('the first runs took so long that the next one was due')
  // Even the last of them rings late then.
  await sleepUntil(missed.at(-1)! + lateMs + 1000)
  await product.startAgain()
  for (const name of ringing) await caughtUp(name)
  for (const name of ringing) await goneOn(name, iso(Date.now()))
  for (const name of [...ringing, 'off'] as const) stories.set(name, await storyOf(scene, name))
})
afterAll(() => scene?.product[Symbol.asyncDispose]())

const caughtUp = (name: FlowName): Promise<FlowStory> =>
  storyWhen(scene, name, ({ dueTimes, executions }) => {
    const isDecided = dueTimes.filter(isMissed).length === scene.missed.length
    return isDecided && executions.filter(isMissed).every(hasEnded)
  })

/** A later due time starts on time, and its run is good. */
const goneOn = (name: FlowName, since: string): Promise<FlowStory> =>
  storyWhen(scene, name, ({ dueTimes, executions }) => {
    const isOnTime = (one: ScheduleExecutionView): boolean =>
      one.nominal_time > since && one.status === 'started' && one.reason === null
    const ids = dueTimes.filter(isOnTime).map(({ execution_id }) => execution_id)
    return executions.some(({ id, status }) => ids.includes(id) && status === 'success')
  })

/** What the policy promises about a due time of such an age, in the words that tell it from all others. */
const promised = (name: FlowName, { nominal_time, created_at }: ScheduleExecutionView): string => {
  const [nominal, decided] = [Date.parse(nominal_time), Date.parse(created_at)]
  const latest = scene.due.findLast((at) => at <= decided)!
  if (name === 'skip') return 'missed: the flow skips missed runs'
  if (name === 'once' && nominal < latest) return `missed: made up for by the run of ${shown(latest)}`
  if (name === 'limited' && decided - nominal > shortLimitMinutes * 60_000)
    return `missed: longer than the flow's catch-up limit of ${shortLimitMinutes} min`
  return `ran: Made up for: it was due at ${shown(nominal)}`
}
const shown = (at: number): string => `${iso(at).slice(0, 16).replace('T', ' ')} UTC`

/** What it did, in the same words; all that it said where those are not among them. */
const done = (name: FlowName, row: ScheduleExecutionView): string => {
  const ran = row.execution_id !== null && /^(started|queued)$/.test(row.status)
  const words = promised(name, row).replace(/^\w+: /, '')
  const said = row.reason?.includes(words) === true ? words : String(row.reason)
  return `${ran ? 'ran' : row.status}: ${said}`
}

test.each(ringing)('%s: each due time of the outage became what the policy says, told late', (name) => {
  const rows = told(name).dueTimes.filter(isMissed)
  expect(rows.map(({ nominal_time }) => nominal_time)).toEqual(scene.missed.map(iso))
  for (const { nominal_time, created_at } of rows)
    expect(Date.parse(created_at) - Date.parse(nominal_time)).toBeGreaterThan(lateMs)
  expect(rows.map((row) => done(name, row))).toEqual(rows.map((row) => promised(name, row)))
})

test('the outage had something to say to each policy', () => {
  const outcomes = (name: FlowName): string[] =>
    told(name)
      .dueTimes.filter(isMissed)
      .map((row) => done(name, row).split(':')[0]!)
  expect(outcomes('skip')).toEqual(['missed', 'missed', 'missed'])
  expect(outcomes('once').slice(0, 2)).toEqual(['missed', 'missed'])
  expect(outcomes('all')).toEqual(['ran', 'ran', 'ran'])
  expect(outcomes('limited')[0]).toBe('missed')
})

test.each(ringing)('%s: no due time is without a decision, and each that ran has one good run', (name) => {
  const { dueTimes, executions } = told(name)
  const last = dueTimes.at(-1)!.nominal_time
  const due = scene.due.map(iso).filter((at) => at <= last)
  expect(dueTimes.map(({ nominal_time }) => nominal_time)).toEqual(due)
  const ran = dueTimes.filter(({ status }) => status === 'started' || status === 'queued')
  expect(executions.map(({ nominal_time }) => nominal_time)).toEqual(ran.map((row) => row.nominal_time))
  expect(executions.map(({ schedule_execution_id: id }) => id)).toEqual(ran.map(({ id }) => id))
  const ended = executions.filter(hasEnded)
  expect(ended.map(({ status, jobs_completed }) => [status, jobs_completed])).toEqual(
    ended.map(() => ['success', 1]),
  )
  const jobs = executions.flatMap(({ created_job_ids }) => created_job_ids)
  expect(new Set(jobs).size).toBe(jobs.length)
})

test.each(ringing)('%s: its runs went one after the other, in the order of their due times', (name) => {
  const runs = told(name).executions.filter(hasEnded)
  for (const [index, { started_at }] of runs.slice(1).entries())
    expect(Date.parse(started_at!)).toBeGreaterThanOrEqual(Date.parse(runs[index]!.completed_at!))
})

test('what ran all of them began with the oldest; the others waited for it or came when it was through', () => {
  const [oldest, ...others] = told('all').dueTimes.filter(isMissed)
  expect(oldest!.status).toBe('started')
  const before = told('all').executions.map(({ id }) => id)
  for (const { status, reason } of others)
    if (status === 'queued')
      expect(before.some((id) => reason?.includes(`waits for execution ${id}`))).toBe(true)
})

test('the disabled one did nothing: no decision, no run', () => {
  const { dueTimes, executions } = told('off')
  expect(dueTimes.map(({ nominal_time }) => nominal_time)).toEqual([iso(scene.first)])
  expect(executions.map(({ nominal_time }) => nominal_time)).toEqual([iso(scene.first)])
})
