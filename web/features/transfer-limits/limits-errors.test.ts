import { noTransferLimits } from '../../../domain/transfer-limits.js'
import type { HoursDraft, LimitDraft } from './limits-draft.js'
import { limitsDraftOf, noPlatformLimits } from './limits-draft.js'
import { apiErrors, draftErrors } from './limits-errors.js'

const none = limitsDraftOf(noTransferLimits)
const hours: HoursDraft = { days: ['mon'], from: '08:00', to: '18:00', kind: 'rate', rate: '20' }
const ofCopy = (copy: Partial<LimitDraft>) => draftErrors({ ...none, copy: { ...none.copy, ...copy } })
const ofHours = (change: Partial<HoursDraft>) =>
  ofCopy({ timezone: 'UTC', hours: [hours, { ...hours, ...change }] })

test.each(['', '0.0625', '1048576', '100.5'])('a rate of "%s" MiB/s is taken', (rate) => {
  expect(ofCopy({ rate })).toEqual({})
})

test.each(['0', '0.06', '1048577', 'fast'])(
  'a rate of "%s" MiB/s is wrong, in the units of the form',
  (rate) => {
    expect(ofCopy({ rate })).toEqual({
      'copy.bytes_per_second': 'Must be a number of MiB/s from 0.0625 to 1,048,576.',
    })
  },
)

test.each([
  { name: 'no day', change: { days: [] }, field: 'days' },
  { name: 'no beginning', change: { from: '' }, field: 'from' },
  { name: 'no end', change: { to: '' }, field: 'to' },
  { name: 'no rate', change: { rate: '' }, field: 'bytes_per_second' },
  { name: 'a rate that is none', change: { rate: 'x' }, field: 'bytes_per_second' },
])('hours with $name are wrong at their field', ({ change, field }) => {
  expect(Object.keys(ofHours(change))).toEqual([`copy.calendar.entries.1.${field}`])
})

test('hours that are stopped or unlimited need no rate', () => {
  expect(ofHours({ kind: 'stopped', rate: '' })).toEqual({})
  expect(ofHours({ kind: 'unlimited', rate: 'x' })).toEqual({})
})

test.each([
  { connections: '1', isTaken: true },
  { connections: '256', isTaken: true },
  { connections: '0', isTaken: false },
  { connections: '257', isTaken: false },
  { connections: '1.5', isTaken: false },
])('$connections connections: taken $isTaken', ({ connections, isTaken }) => {
  const platforms = { 'a-1': { ...noPlatformLimits, connections } }
  const expected = { 'platforms.a-1.max_connections': 'Must be a whole number from 1 to 256.' }
  expect(draftErrors({ ...none, platforms })).toEqual(isTaken ? {} : expected)
})

test('what is wrong with a platform stands at that platform, whatever its place in the request', () => {
  const platforms = {
    unlimited: noPlatformLimits,
    good: { ...noPlatformLimits, rate: '1' },
    bad: { ...noPlatformLimits, rate: 'x' },
  }
  expect(Object.keys(draftErrors({ ...none, platforms }))).toEqual(['platforms.bad.bytes_per_second'])
  const said = [
    { path: 'body.platforms.1.platform_id', message: 'names a platform that does not exist' },
    { path: 'body.copy.calendar.timezone', message: 'is no time zone' },
    { path: 'body.copy.calendar.timezone', message: 'said twice' },
    { path: 'body.platforms', message: 'have longer calendars than there is room for' },
  ]
  expect(apiErrors({ ...none, platforms }, said)).toEqual({
    'platforms.bad.platform_id': 'names a platform that does not exist',
    'copy.calendar.timezone': 'is no time zone',
    platforms: 'have longer calendars than there is room for',
  })
})
