import { allowedExecutionActions, stageOfExecution, whyRetried } from './execution-actions.js'
import type { LatestRetry } from './execution-actions.js'

const retry: LatestRetry = { id: 'exec-2', status: 'success', completed: 1, unfinished: 0 }

test.each<{ name: string; change: Partial<LatestRetry> | null; said: string | null }>([
  { name: 'none', change: null, said: null },
  { name: 'pending', change: { status: 'pending', completed: 0 }, said: 'exec-2 has not ended' },
  { name: 'running', change: { status: 'running' }, said: 'exec-2 has not ended' },
  { name: 'paused', change: { status: 'paused', unfinished: 1 }, said: 'exec-2 has not ended' },
  { name: 'a success', change: {}, said: 'exec-2 has backed up' },
  { name: 'some backed up, the rest skipped', change: { status: 'warning' }, said: 'exec-2 has backed up' },
  { name: 'some failed', change: { status: 'warning', unfinished: 1 }, said: 'exec-2 has tried' },
  { name: 'all failed', change: { status: 'error', completed: 0, unfinished: 1 }, said: 'exec-2 has tried' },
  { name: 'cancelled midway', change: { status: 'cancelled', unfinished: 1 }, said: 'exec-2 has tried' },
  { name: 'cancelled before it began', change: { status: 'cancelled', completed: 0 }, said: null },
  { name: 'one that could not begin', change: { status: 'error', completed: 0 }, said: null },
  { name: 'all skipped', change: { status: 'warning', completed: 0 }, said: null },
])('a retry that is there: $name', ({ change, said }) => {
  const latest = change === null ? null : { ...retry, ...change }
  const why = latest && whyRetried(latest)
  expect(why?.why ?? null).toEqual(said === null ? null : expect.stringContaining(said))
  const stage = stageOfExecution({ status: 'error', unfinished: 1, retry: latest })
  expect(allowedExecutionActions(stage)).toEqual(said === null ? ['retry'] : [])
})

test.each([
  { status: 'pending', unfinished: 0, actions: ['cancel'] },
  { status: 'running', unfinished: 2, actions: ['pause', 'cancel'] },
  { status: 'paused', unfinished: 2, actions: ['resume', 'cancel'] },
  { status: 'success', unfinished: 0, actions: [] },
  { status: 'warning', unfinished: 1, actions: ['retry'] },
  { status: 'cancelled', unfinished: 1, actions: ['retry'] },
] as const)('$status with $unfinished left allows $actions', ({ status, unfinished, actions }) => {
  expect(allowedExecutionActions(stageOfExecution({ status, unfinished, retry: null }))).toEqual(actions)
})
