import { queuedTurn } from './queued-turn.js'

const flow = { enabled: true, deleted_at: null, catchup_limit_minutes: 30 }
const due = '2026-05-01T12:00:00.000Z'
const queued = {
  execution_type: 'scheduled' as const,
  nominal_time: due,
  created_at: '2026-05-01T12:00:07.000Z',
}
const at = (minutes: number): Date => new Date(Date.parse(due) + minutes * 60_000)

test.each([
  { name: 'in time', change: {}, row: {}, minutes: 30, turn: { kind: 'run' } },
  {
    name: 'too late',
    change: {},
    row: {},
    minutes: 31,
    turn: {
      kind: 'late',
      reason: "Its turn came 31 minutes after it was due, and the flow's catch-up limit is 30 minutes",
    },
  },
  {
    name: 'of a disabled flow',
    change: { enabled: false },
    row: {},
    minutes: 1,
    turn: { kind: 'off', reason: 'The flow was disabled before its turn came' },
  },
  {
    name: 'of a deleted flow',
    change: { deleted_at: due },
    row: {},
    minutes: 1,
    turn: { kind: 'off', reason: 'The flow was deleted before its turn came' },
  },
  {
    name: 'while all flows are paused',
    change: {},
    row: {},
    minutes: 1,
    allPaused: { by: 'admin' },
    turn: { kind: 'off', reason: 'All flows were paused by admin when its turn came' },
  },
  {
    name: 'asked for by somebody, however late',
    change: { enabled: false },
    row: { execution_type: 'manual' as const },
    minutes: 500,
    allPaused: { by: 'admin' },
    turn: { kind: 'run' },
  },
])('a queued execution $name', ({ change, row, minutes, turn, allPaused = null }) => {
  expect(queuedTurn({ ...flow, ...change }, { ...queued, ...row }, at(minutes), allPaused)).toEqual(turn)
})
