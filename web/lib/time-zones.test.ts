import { timeZones } from './time-zones.js'

test('the chosen zone can be chosen also where the browser does not know it, and none comes twice', () => {
  expect(timeZones(['Europe/Berlin', 'UTC'], 'Europe/Berlin', 'US/Pacific')).toEqual([
    'UTC',
    'Europe/Berlin',
    'US/Pacific',
  ])
})
