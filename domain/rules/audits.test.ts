import type { AuditResult } from '../backup.js'
import { auditOf, newestAudit, newestDoubt, suspectPoints, widerScope } from './audits.js'
import type { DiskRead } from './audits.js'

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

/** What was read of a disk of 8 bytes: all of it, what is allocated, what changed. */
const reads = {
  full: { read_mode: 'full', bytes_total: 8, capacity_bytes: 8 },
  allocated: { read_mode: 'full', bytes_total: 7, capacity_bytes: 8 },
  changed: { read_mode: 'changed', bytes_total: 8, capacity_bytes: 8 },
} as const satisfies Record<string, DiskRead>
type Made = readonly [
  id: string,
  audit_result: AuditResult | null,
  read: keyof typeof reads,
  repository?: number,
]
const points = (...made: Made[]) =>
  made.map(([id, audit_result, read, repository_id = 1]) => ({
    backup: { id, repository_id },
    disk: { audit_result, audit_detail: `of ${id}`, ...reads[read] },
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
      ['a', 'differs', 'allocated'],
      ['b', null, 'full'],
    ],
    newest: 'a',
    suspect: ['a'],
  },
  {
    name: 'what is allocated is read on the word of change tracking: it ends no doubt',
    made: [
      ['a', 'differs', 'changed'],
      ['b', null, 'allocated'],
      ['c', null, 'changed'],
    ],
    newest: 'a',
    suspect: ['a', 'b', 'c'],
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

test.each<{ name: string; made: Made[]; base?: string; doubt: string | undefined }>([
  { name: 'no points', made: [], doubt: undefined },
  {
    name: 'nothing differs',
    made: [
      ['a', null, 'allocated'],
      ['b', 'agrees', 'changed'],
    ],
    base: 'b',
    doubt: undefined,
  },
  {
    name: 'a new chain after a marked increment',
    made: [
      ['a', null, 'full'],
      ['b', 'differs', 'changed'],
    ],
    doubt: 'b',
  },
  { name: 'a new chain after a marked first point', made: [['a', 'differs', 'allocated']], doubt: 'a' },
  {
    name: 'a read of what is allocated ends no doubt',
    made: [
      ['a', 'differs', 'changed'],
      ['b', null, 'allocated'],
    ],
    base: 'b',
    doubt: 'a',
  },
  {
    name: 'a whole read ends it, for what is stored over it',
    made: [
      ['a', 'differs', 'changed'],
      ['b', null, 'full'],
      ['c', null, 'changed'],
    ],
    base: 'c',
    doubt: undefined,
  },
  {
    name: 'a whole read ends it, for a new chain',
    made: [
      ['a', 'differs', 'changed'],
      ['b', null, 'full'],
    ],
    doubt: undefined,
  },
  {
    name: 'the marked point is about to go: the one below it is the base',
    made: [
      ['a', null, 'full'],
      ['b', null, 'changed'],
      ['c', 'differs', 'changed'],
    ],
    base: 'b',
    doubt: 'c',
  },
  {
    name: 'a whole read after the base mends nothing over the base',
    made: [
      ['a', null, 'full'],
      ['b', 'differs', 'changed'],
      ['c', null, 'full'],
    ],
    base: 'a',
    doubt: 'b',
  },
  {
    name: 'a point that was read whole is marked by a deleted one over it',
    made: [['a', 'differs', 'full']],
    base: 'a',
    doubt: 'a',
  },
  {
    name: 'what another repository found counts',
    made: [
      ['a', null, 'full'],
      ['b', 'differs', 'changed', 2],
    ],
    base: 'a',
    doubt: 'b',
  },
  {
    name: 'a whole read in another repository mends nothing in this one',
    made: [
      ['a', null, 'full'],
      ['b', 'differs', 'changed'],
      ['c', null, 'full', 2],
    ],
    base: 'b',
    doubt: 'b',
  },
])('what forbids to ask change tracking: $name', ({ made, base, doubt }) =>
  expect(newestDoubt(points(...made), { repositoryId: 1, baseId: base })).toBe(doubt),
)
