import { endedMessage, endedStatus } from './execution-status.js'

test.each([
  { counts: { completed: 3 }, status: 'success' },
  { counts: { completed: 2, failed: 1 }, status: 'warning' },
  { counts: { failed: 2 }, status: 'error' },
  { counts: { failed: 1, skipped: 1 }, status: 'warning' },
  { counts: { failed: 1, cancelled: 1 }, status: 'warning' },
  { counts: { completed: 1, skipped: 1 }, status: 'success' },
  { counts: { skipped: 2 }, status: 'warning' },
  { counts: { completed: 1, cancelled: 1 }, status: 'warning' },
  { counts: { completed: 3 }, cancelled: true, status: 'success' },
  { counts: {}, cancelled: true, status: 'cancelled' },
  { counts: {}, status: 'error' },
  { counts: { completed: 2, cancelled: 1 }, cancelled: true, status: 'cancelled' },
  { counts: { failed: 3, cancelled: 1 }, cancelled: true, status: 'cancelled' },
])('$counts → $status', ({ counts, cancelled, status }) => {
  expect(endedStatus(counts, cancelled === true)).toBe(status)
})

const end = (vmName: string, reason: string | null = 'The platform is away.') => ({ vmName, reason })

test.each([
  { counts: { completed: 2 }, failed: [], skipped: [], message: null },
  {
    counts: { completed: 1, failed: 1 },
    failed: [end('a')],
    skipped: [],
    message: '1 of 2 VMs failed: a: The platform is away.',
  },
  {
    counts: { failed: 5 },
    failed: [end('a'), end('b', null), end('c'), end('d')],
    skipped: [],
    message:
      '5 of 5 VMs failed: a: The platform is away; b: no reason is known; c: The platform is away; and 2 more.',
  },
  {
    counts: { completed: 1, failed: 1, skipped: 1, cancelled: 2 },
    failed: [end('a')],
    skipped: [end('b', 'backup-x works on it')],
    message:
      '1 of 5 VMs failed: a: The platform is away. 1 of 5 VMs was skipped: b: backup-x works on it. 2 of 5 VMs were cancelled.',
  },
])('$counts are told as $message', ({ counts, failed, skipped, message }) => {
  expect(endedMessage(counts, failed, skipped)).toBe(message)
})
