import { Failure } from '../../domain/failure.js'
import { createFence } from './fence.js'

const refusal = () => new Failure('attempt-superseded', 'a newer attempt copies it', { retry: false })
const never = () => new Promise<boolean>(() => {})
const fenceOver = (isCurrent: () => Promise<boolean>, patienceMs = 60_000) =>
  createFence({ isCurrent, refusal, answerMs: 20, patienceMs })

test('the current attempt may write', async () => {
  const fence = fenceOver(() => Promise.resolve(true))
  await fence.mayWrite()
  await fence.confirm()
})

test('an attempt that lost its place never writes again, whatever the catalogue says later', async () => {
  const answers = [true, false, true]
  const fence = fenceOver(() => Promise.resolve(answers.shift() ?? true))
  await fence.mayWrite()
  await expect(fence.mayWrite()).rejects.toMatchObject({ code: 'attempt-superseded' })
  await expect(fence.mayWrite()).rejects.toMatchObject({ code: 'attempt-superseded' })
  await expect(fence.confirm()).rejects.toMatchObject({ code: 'attempt-superseded' })
})

test.each([
  { what: 'is away', isCurrent: () => Promise.reject(new Error('ECONNREFUSED')) },
  { what: 'does not answer', isCurrent: never },
])(
  'a catalogue that $what: who is at work goes on for a while, a new exporter is not started',
  async (of) => {
    const fence = fenceOver(of.isCurrent)
    await fence.mayWrite()
    await fence.mayWrite()
    await expect(fence.confirm()).rejects.toMatchObject({ code: 'service-unavailable', retry: true })
  },
)

test('nobody goes on for ever without being heard', async () => {
  const fence = fenceOver(() => Promise.reject(new Error('ECONNREFUSED')), -1)
  await expect(fence.mayWrite()).rejects.toMatchObject({ code: 'service-unavailable', retry: true })
})

test('a database that hangs is asked one question, and only the first to ask waits for it', async () => {
  let asked = 0
  const fence = fenceOver(() => (asked++, never()))
  for (let checkpoint = 0; checkpoint < 50; checkpoint++) await fence.mayWrite()
  expect(asked).toBe(1)
})

test('a refusal that came late still counts', async () => {
  let answer = (_: boolean): void => undefined
  const fence = fenceOver(() => new Promise((resolve) => (answer = resolve)))
  await fence.mayWrite()
  answer(false)
  await expect(fence.mayWrite()).rejects.toMatchObject({ code: 'attempt-superseded' })
})
