import { hoursNote, withDay, withNewHours } from './hours-draft.js'
import { noPlatformLimits } from './limits-draft.js'

test('days stand in the order of the week, each once', () => {
  expect(withDay(['mon', 'sun'], 'wed', true)).toEqual(['mon', 'wed', 'sun'])
  expect(withDay(['mon', 'wed'], 'wed', true)).toEqual(['mon', 'wed'])
  expect(withDay(['mon', 'wed'], 'wed', false)).toEqual(['mon'])
})

test('the first hours bring the zone of who adds them, further ones keep what was chosen', () => {
  const first = withNewHours(noPlatformLimits, 'Europe/Berlin')
  expect(first).toMatchObject({ timezone: 'Europe/Berlin', connections: '' })
  expect(withNewHours({ ...first, timezone: 'UTC' }, 'Europe/Berlin')).toMatchObject({
    timezone: 'UTC',
    hours: [first.hours[0], first.hours[0]],
  })
})

test.each([
  { from: '08:00', to: '18:00', note: undefined },
  { from: '22:00', to: '06:00', note: 'on the next day' },
  { from: '08:00', to: '08:00', note: '24 hours' },
  { from: '', to: '', note: undefined },
  { from: '22:00', to: '', note: undefined },
])('$from to $to: $note', ({ from, to, note }) => {
  expect(hoursNote({ from, to })).toBe(note)
})
