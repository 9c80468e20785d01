import { QueryClient } from '@tanstack/react-query'
import { askSoon, forgetSoon } from './ask-soon.js'

const client = new QueryClient()
let asked: string[]

beforeEach(() => {
  jest.useFakeTimers()
  asked = []
  jest.spyOn(client, 'invalidateQueries').mockImplementation((filters) => {
    asked.push(String(filters?.queryKey?.[0]))
    return Promise.resolve()
  })
})

afterEach(() => {
  forgetSoon(client)
  jest.useRealTimers()
})

test('asks at once, and once more for all that came within three seconds', () => {
  for (let turn = 0; turn < 5; turn += 1) askSoon(client, 'listJobLog')
  expect(asked).toEqual(['listJobLog'])
  jest.advanceTimersByTime(2999)
  expect(asked).toEqual(['listJobLog'])
  jest.advanceTimersByTime(1)
  expect(asked).toEqual(['listJobLog', 'listJobLog'])
  jest.advanceTimersByTime(10_000)
  expect(asked).toEqual(['listJobLog', 'listJobLog'])
})

test('one operation does not hold up another', () => {
  askSoon(client, 'listJobLog')
  askSoon(client, 'getCoverage')
  expect(asked).toEqual(['listJobLog', 'getCoverage'])
})

test('asks at once again when nothing waited', () => {
  askSoon(client, 'getCoverage')
  jest.advanceTimersByTime(3000)
  askSoon(client, 'getCoverage')
  expect(asked).toEqual(['getCoverage', 'getCoverage'])
})

test('what was forgotten is not asked', () => {
  askSoon(client, 'getCoverage')
  askSoon(client, 'getCoverage')
  forgetSoon(client)
  jest.advanceTimersByTime(10_000)
  expect(asked).toEqual(['getCoverage'])
})
