import type { BackupChain } from '../../../api/contract/backups.js'
import { isLost, pointRows } from './chain-view.js'

interface Point {
  readonly id: string
  readonly parent: string | null
  readonly neededBy?: string[]
  readonly isDamaged?: boolean
}

/** Only what the view looks at, oldest first. */
const chain = (points: readonly Point[]): BackupChain =>
  ({
    backups: points.map(({ id, isDamaged }) => ({ id, verify_result: isDamaged ? 'damaged' : null })),
    points: points.map(({ id, parent, neededBy = [] }) => ({
      backup_id: id,
      disk: { parent_backup_id: parent },
      needed_by: neededBy,
    })),
  }) as unknown as BackupChain

const full = { id: 'a', parent: null, neededBy: ['b'] }
const first = { id: 'b', parent: 'a', neededBy: ['c'] }
const second = { id: 'c', parent: 'b' }

test('points are listed newest first, each with what it stands on and what needs it', () =>
  expect(
    pointRows(chain([full, first, second]), []).map(({ job, parent, neededBy, rail }) => [
      job.id,
      parent?.id,
      neededBy,
      rail.goesOn,
    ]),
  ).toEqual([
    ['c', 'b', [], true],
    ['b', 'a', ['c'], true],
    ['a', undefined, ['b'], false],
  ]))

test('damage reaches all points above it, and none below', () => {
  const rows = pointRows(chain([full, { ...first, isDamaged: true }, second]), [])
  expect(rows.map((row) => [row.job.id, isLost(row), row.standsOnDamaged?.id])).toEqual([
    ['c', true, 'b'],
    ['b', true, undefined],
    ['a', false, undefined],
  ])
})

test('points in doubt are marked', () =>
  expect(pointRows(chain([full, first]), ['b']).map(({ isSuspect }) => isSuspect)).toEqual([true, false]))

test('a parent that is not in the chain is not drawn, and a ring ends', () => {
  const [orphan] = pointRows(chain([{ id: 'b', parent: 'gone' }]), [])
  expect([orphan?.parent, orphan?.rail.goesOn]).toEqual([undefined, false])
  expect(
    pointRows(
      chain([
        { id: 'a', parent: 'b' },
        { id: 'b', parent: 'a' },
      ]),
      [],
    ),
  ).toHaveLength(2)
})
