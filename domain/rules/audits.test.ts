import type { AuditResult, ReadMode } from '../backup.js'
import { auditOf, newestAudit, suspectPoints, widerScope } from './audits.js'

test.each([
  [null, 'sample', 'sample'],
  [null, 'all', 'all'],
  ['sample', 'all', 'all'],
  ['all', 'sample', 'all'],
  ['all', 'all', 'all'],
] as const)('%s, then %s: %s', (one, other, wider) => expect(widerScope(one, other)).toBe(wider))

test.each<[(AuditResult | null)[], AuditResult | null]>([
  [['agrees', 'agrees'], 'agrees'],
  [['agrees', 'differs', null], 'differs'],
  // What was read in full counts for nothing beside what was audited.
  [[null, 'agrees'], 'agrees'],
  [[null, null], null],
])('disks %j: %s', (results, result) => {
  const disks = results.map((audit_result, index) => ({
    label: `Hard disk ${index + 1}`,
    audit_result,
    audit_detail: `said ${String(audit_result)}`,
  }))
  const said = auditOf(disks)
  expect(said.result).toBe(result)
  for (const { label, audit_detail } of disks) expect(said.detail).toContain(`${label}: ${audit_detail}`)
})

type Made = readonly [id: string, audit_result: AuditResult | null, read_mode: ReadMode]
const points = (...made: Made[]) =>
  made.map(([id, audit_result, read_mode]) => ({
    backup: { id },
    disk: { audit_result, audit_detail: `of ${id}`, read_mode },
  }))

test.each<{ name: string; made: Made[]; newest: string | null; suspect: string[] }>([
  { name: 'no points', made: [], newest: null, suspect: [] },
  {
    name: 'never audited',
    made: [
      ['a', null, 'full'],
      ['b', null, 'changed'],
    ],
    newest: null,
    suspect: [],
  },
  {
    name: 'agrees',
    made: [
      ['a', null, 'full'],
      ['b', 'agrees', 'changed'],
      ['c', null, 'changed'],
    ],
    newest: 'b',
    suspect: [],
  },
  {
    name: 'differs, and no point since',
    made: [
      ['a', 'agrees', 'full'],
      ['b', 'differs', 'changed'],
    ],
    newest: 'b',
    suspect: ['b'],
  },
  {
    name: 'differs, until all was read',
    made: [
      ['a', null, 'full'],
      ['b', 'differs', 'changed'],
      ['c', null, 'changed'],
      ['d', null, 'full'],
      ['e', 'agrees', 'changed'],
    ],
    newest: 'e',
    suspect: ['b', 'c'],
  },
  {
    name: 'a first point whose unused areas hold data',
    made: [
      ['a', 'differs', 'full'],
      ['b', null, 'full'],
    ],
    newest: 'a',
    suspect: ['a'],
  },
])('$name', ({ made, newest, suspect }) => {
  expect(newestAudit(points(...made))?.backup_id ?? null).toBe(newest)
  expect(suspectPoints(points(...made))).toEqual(suspect)
})

test('the newest audit is told as its point has it', () =>
  expect(newestAudit(points(['a', 'differs', 'changed']))).toEqual({
    result: 'differs',
    backup_id: 'a',
    detail: 'of a',
  }))
