import type { BackupStatus } from '../backup.js'
import { allowedActions, backupActions, refusalOf, remedyAt, stageOfRows } from './backup-actions.js'
import type { BackupAction, BackupStage } from './backup-actions.js'

const table: readonly (readonly [BackupStage, readonly BackupAction[]])[] = [
  ['preparing', ['audit', 'cancel']],
  ['copying', ['pause', 'audit', 'cancel']],
  ['pausing', ['audit', 'cancel']],
  ['paused', ['resume', 'audit', 'cancel']],
  ['resuming', ['audit', 'cancel']],
  ['auditing', ['cancel']],
  ['committing', []],
  ['cancelling', []],
  ['ending', []],
  ['ended', []],
]

test.each(table)('%s: %j', (stage, actions) => {
  expect(allowedActions(stage)).toEqual(actions)
  for (const action of backupActions) expect(refusalOf(stage, action) === null).toBe(actions.includes(action))
})

test.each(table)('whoever is refused while it is %s hears why and what can be done', (stage, actions) => {
  for (const action of backupActions.filter((each) => !actions.includes(each)))
    expect(refusalOf(stage, action)).toMatch(/^(it|its disks) (is|are|has) /)
  for (const action of actions) expect(remedyAt(stage)).toContain(action)
})

test('a pause after the last byte is told that the commit has begun', () =>
  expect(refusalOf('committing', 'pause')).toBe('it is already being committed'))

const taken = '2026-11-21T10:00:00.000Z'
type DiskStatus = Parameters<typeof stageOfRows>[1][number]['status']
test.each<[BackupStatus, string | null, DiskStatus[], BackupStage]>([
  ['pending', null, [], 'preparing'],
  ['running', null, [], 'preparing'],
  // Begun anew: disks are planned, and the next snapshot is not there yet.
  ['running', null, ['pending', 'pending'], 'preparing'],
  ['running', taken, ['pending', 'pending'], 'copying'],
  ['running', taken, ['copied', 'copying'], 'copying'],
  ['running', taken, ['copied', 'copied'], 'committing'],
  ['running', taken, ['committed', 'committed'], 'committing'],
  ['paused', taken, ['copied', 'copying'], 'paused'],
  ['paused', null, ['pending'], 'paused'],
  ['cancelling', taken, ['copying'], 'cancelling'],
  ['completed', taken, ['committed'], 'ended'],
  ['failed', taken, ['copying'], 'ended'],
  ['cancelled', null, [], 'ended'],
])('a %s job, snapshot %s, disks %j: %s', (status, snapshot_taken_at, disks, stage) =>
  expect(
    stageOfRows(
      { status, snapshot_taken_at, audit_scope: null, audited_at: null },
      disks.map((each) => ({ status: each })),
    ),
  ).toBe(stage),
)

test.each<[string | null, DiskStatus[], BackupStage]>([
  [null, ['copied', 'copying'], 'copying'],
  [null, ['copied', 'copied'], 'auditing'],
  [taken, ['copied', 'copied'], 'committing'],
])('a job to be audited, audited at %s, disks %j: %s', (audited_at, disks, stage) =>
  expect(
    stageOfRows(
      { status: 'running', snapshot_taken_at: taken, audit_scope: 'sample', audited_at },
      disks.map((each) => ({ status: each })),
    ),
  ).toBe(stage),
)
