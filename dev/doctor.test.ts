import { table } from './doctor.js'

test('a finding that needs an act shows the act below itself', () => {
  const text = table([
    { subject: 'Go', state: 'ok', found: 'go1.26' },
    { subject: 'package nbdkit', state: 'missing', found: 'not installed', remedy: 'Run: apt' },
  ])
  expect(text.split('\n')).toEqual([
    '✓ Go              go1.26',
    '✗ package nbdkit  not installed',
    '                  → Run: apt',
  ])
})
