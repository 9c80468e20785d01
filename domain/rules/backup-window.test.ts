import { reachesWindow } from './backup-window.js'
import { parseCron } from './cron.js'

const night = { window_start: '22:00', window_end: '06:00' }
const noon = { window_start: '12:00', window_end: '13:30' }
const always = { window_start: null, window_end: null }

test.each([
  { cron: '*/5 * * * *', window: noon, reached: true },
  { cron: '0 2 * * *', window: night, reached: true },
  { cron: '0 6 * * *', window: night, reached: false },
  { cron: '0 22 * * *', window: night, reached: true },
  { cron: '0 2 * * *', window: noon, reached: false },
  { cron: '45 13 * * 1', window: noon, reached: false },
  { cron: '30 13 * * *', window: noon, reached: false },
  { cron: '45 12,13 1 * *', window: noon, reached: true },
  { cron: '0 2 * * *', window: always, reached: true },
])('$cron reaches $window.window_start-$window.window_end: $reached', ({ cron, window, reached }) => {
  const parsed = parseCron(cron).cron
  expect(parsed !== null && reachesWindow(parsed, window)).toBe(reached)
})
