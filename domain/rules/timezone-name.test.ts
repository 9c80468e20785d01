import { timezoneName } from './timezone-name.js'

test.each([
  ['Europe/Berlin', 'Europe/Berlin'],
  ['europe/berlin', 'Europe/Berlin'],
  ['EUROPE/BERLIN', 'Europe/Berlin'],
  ['utc', 'UTC'],
  ['America/Port_of_Spain', 'America/Port_of_Spain'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['asia/kolkata', 'Asia/Calcutta'],
])('%s is %s', (given, named) => {
  expect(timezoneName(given)).toBe(named)
})

test('a zone that is not known throws', () => {
  expect(() => timezoneName('Europe/Atlantis')).toThrow(RangeError)
})
