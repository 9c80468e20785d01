/** One made-up file: its place, what it imports, and exactly which rules that must break (none: allowed). */
export interface Probe {
  /** The row of the table in docs/architecture.md that it tries. */
  readonly row: string
  readonly from: string
  /** Modules without `.ts`, or packages. */
  readonly value?: readonly string[]
  readonly type?: readonly string[]
  /** Imports in other spellings, of modules that other probes import too. */
  readonly lines?: readonly string[]
  /** A module that this one imports by value, and that imports this one back. */
  readonly cycle?: { readonly through: string; readonly back: 'value' | 'type' }
  readonly breaks?: readonly string[]
}

const alone = 'activities/blocks, processes, vault'
const free = 'lab, dev, bench'

const domain: Probe[] = [
  { row: 'domain', from: 'domain/rules', value: ['zod', 'domain/vm', 'domain/rules/cron'] },
  { row: 'domain', from: 'domain', value: ['drizzle/open'], breaks: ['domain-imports-itself'] },
  { row: 'domain', from: 'domain', type: ['activities/steps'], breaks: ['domain-imports-itself'] },
  { row: 'domain', from: 'domain', value: ['yaml'], breaks: ['domain-packages'] },
  { row: 'domain', from: 'domain', value: ['fast-check'], breaks: ['domain-packages'] },
  { row: 'domain', from: 'domain', value: ['node:crypto'], breaks: ['domain-packages'] },
  { row: 'domain', from: 'domain', value: ['mysql2'], breaks: ['domain-packages', 'sql-only-in-drizzle'] },
  {
    row: 'domain',
    from: 'domain',
    value: ['no-such-package'],
    breaks: ['domain-packages', 'no-unresolvable'],
  },
]

const workflows: Probe[] = [
  {
    row: 'workflows',
    from: 'workflows',
    value: ['@temporalio/workflow', '@temporalio/common', 'domain/rules/cron', 'workflows/undo'],
    type: ['domain/backup', 'activities/steps'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    lines: [
      "import { type Thing } from '../activities/steps.js'",
      "export type { Thing as Other } from '../domain/backup.js'",
      "export const made = (thing: import('../domain/backup.js').Thing) => thing",
    ],
  },
  { row: 'workflows', from: 'workflows', value: ['node:fs'], breaks: ['workflows-packages'] },
  { row: 'workflows', from: 'workflows', value: ['fs/promises'], breaks: ['workflows-packages'] },
  { row: 'workflows', from: 'workflows', value: ['yaml'], breaks: ['workflows-packages'] },
  { row: 'workflows', from: 'workflows', value: ['fast-check'], breaks: ['workflows-packages'] },
  { row: 'workflows', from: 'workflows', type: ['@temporalio/client'], breaks: ['workflows-packages'] },
  { row: 'workflows', from: 'workflows', value: ['activities/steps'], breaks: ['workflows'] },
  { row: 'workflows', from: 'workflows', value: ['domain/backup'], breaks: ['workflows'] },
  {
    row: 'workflows',
    from: 'workflows',
    lines: [
      "import { Thing } from '../activities/steps.js'",
      "import type { Thing as T } from '../activities/steps.js'",
    ],
    breaks: ['workflows'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    lines: ["import { made, type Thing } from '../activities/steps.js'"],
    breaks: ['workflows'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    lines: ["export * from '../domain/backup.js'"],
    breaks: ['workflows'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    lines: ["export const late = () => import('../domain/backup.js')"],
    breaks: ['workflows'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    type: ['activities/capture/take-snapshot'],
    breaks: ['workflows-types'],
  },
  {
    row: 'workflows',
    from: 'workflows',
    value: ['drizzle/queries/backups'],
    breaks: ['workflows', 'workflows-types'],
  },
]

const standAlone: Probe[] = [
  {
    row: alone,
    from: 'activities/blocks/nbd',
    value: ['activities/blocks/end', '@napi-rs/blake-hash', 'node:net'],
  },
  { row: alone, from: 'activities/blocks', value: ['domain/failure'], breaks: ['blocks-stand-alone'] },
  {
    row: alone,
    from: 'activities/blocks',
    type: ['activities/processes/launch'],
    breaks: ['blocks-stand-alone'],
  },
  { row: alone, from: 'activities/processes', value: ['activities/processes/launch', 'node:child_process'] },
  {
    row: alone,
    from: 'activities/processes',
    value: ['activities/blocks/end'],
    breaks: ['processes-stand-alone'],
  },
  { row: alone, from: 'activities/vault', value: ['activities/vault/vault', 'node:crypto'] },
  { row: alone, from: 'activities/vault', type: ['domain/credential'], breaks: ['vault-stands-alone'] },
]

const drivers: Probe[] = ['vmware', 'memory', 'cloudstack', 'libvirt'].flatMap((driver): Probe[] => {
  const row = 'activities/platforms/X'
  const from = `activities/platforms/${driver}`
  const breaks = [`platform-${driver}`]
  const another = driver === 'memory' ? 'vmware' : 'memory'
  return [
    {
      row,
      from,
      value: ['domain/failure', 'activities/blocks/end', 'activities/platforms/platform', `${from}/own`],
    },
    { row, from, value: [`activities/platforms/${another}/inventory`], breaks },
    { row, from, value: ['activities/platforms/registry'], breaks },
    { row, from, type: ['activities/processes/launch'], breaks },
    { row, from, value: ['drizzle/queries/backups'], breaks },
    { row, from, type: ['drizzle-orm'], breaks: ['sql-only-in-drizzle'] },
  ]
})

const activities: Probe[] = [
  {
    row: 'activities',
    from: 'activities/capture',
    value: [
      'activities/platforms/registry',
      'activities/blocks/end',
      'activities/processes/launch',
      'activities/vault/vault',
      'domain/failure',
      'drizzle/queries/backups',
      '@temporalio/activity',
      '@temporalio/client',
      'node:fs',
    ],
    type: ['drizzle/open', '@temporalio/worker'],
  },
  { row: 'activities', from: 'activities/capture', type: ['workflows/backup-vm'], breaks: ['activities'] },
  { row: 'activities', from: 'activities/capture', value: ['drizzle/schema/jobs'], breaks: ['activities'] },
  { row: 'activities', from: 'activities/capture', value: ['api/contract/backups'], breaks: ['activities'] },
  {
    row: 'activities',
    from: 'activities/capture',
    value: ['drizzle/open'],
    breaks: ['activities-get-an-open-database'],
  },
  { row: 'activities', from: 'activities', value: ['@temporalio/workflow'], breaks: ['activities-temporal'] },
  { row: 'activities', from: 'activities', value: ['@temporalio/worker'], breaks: ['activities-temporal'] },
  {
    row: 'activities',
    from: 'activities/capture',
    value: ['activities/platforms/testing/lab-vcenter'],
    breaks: ['nobody-imports-tests'],
  },
]

const drizzle: Probe[] = [
  {
    row: 'drizzle',
    from: 'drizzle/queries',
    value: ['domain/backup', 'drizzle/open', 'drizzle-orm', 'mysql2/promise'],
  },
  { row: 'drizzle', from: 'drizzle/queries', value: ['activities/vault/vault'], breaks: ['drizzle'] },
  ...['api', 'worker', 'activities/catalog', 'lab', 'dev', 'web/lib'].map((from): Probe => ({
    row: 'drizzle',
    from,
    value: ['drizzle-orm/mysql2'],
    breaks: ['sql-only-in-drizzle'],
  })),
  { row: 'drizzle', from: 'dev', type: ['mysql2/promise'], breaks: ['sql-only-in-drizzle'] },
]

const api: Probe[] = [
  {
    row: 'api',
    from: 'api/routes/backups',
    value: [
      'api/contract/backups',
      'domain/failure',
      'drizzle/queries/backups',
      'activities/vault/vault',
      '@temporalio/client',
      'workflows/messages',
      'express',
    ],
    type: ['workflows/backup-vm'],
  },
  { row: 'api', from: 'api/routes', value: ['activities/capture/take-snapshot'], breaks: ['api'] },
  { row: 'api', from: 'api/routes', type: ['activities/steps'], breaks: ['api'] },
  { row: 'api', from: 'api/routes', value: ['drizzle/schema/jobs'], breaks: ['api'] },
  { row: 'api', from: 'api/routes', value: ['web/lib/api'], breaks: ['api'] },
  { row: 'api', from: 'api/routes', value: ['workflows/backup-vm'], breaks: ['api-knows-workflows-by-type'] },
  { row: 'api', from: 'api/routes', value: ['@temporalio/worker'], breaks: ['api-temporal'] },
  { row: 'api', from: 'api/contract', value: ['zod', 'domain/backup', 'api/contract/paging'] },
  { row: 'api', from: 'api/contract', value: ['api/problem'], breaks: ['contract-is-browser-safe'] },
  { row: 'api', from: 'api/contract', value: ['node:crypto'], breaks: ['contract-packages'] },
  ...['worker', 'activities/restore', 'web/lib', 'drizzle', 'lab'].flatMap((from): Probe[] => [
    { row: 'api', from, value: ['express'], breaks: ['express-only-in-api'] },
    { row: 'api', from, type: ['express'], breaks: ['express-only-in-api'] },
  ]),
]

const web: Probe[] = [
  {
    row: 'web/features/X',
    from: 'web/features/backups',
    value: ['api/contract/backups', 'web/ui/button', 'web/lib/api', 'web/features/backups/page', 'react'],
    type: ['domain/backup'],
  },
  {
    row: 'web/features/X',
    from: 'web/features/backups',
    value: ['web/features/flows/page'],
    breaks: ['web-features-apart'],
  },
  {
    row: 'web/features/X',
    from: 'web/features/backups',
    type: ['web/app/shell'],
    breaks: ['web-features-apart'],
  },
  {
    row: 'web/features/X',
    from: 'web/features/backups',
    value: ['web/main'],
    breaks: ['web-features-apart'],
  },
  { row: 'web/features/X', from: 'web/features/backups', value: ['api/routes/start'], breaks: ['web'] },
  { row: 'web/features/X', from: 'web/lib', type: ['api/routes/start'], breaks: ['web'] },
  { row: 'web/features/X', from: 'web/features/backups', type: ['activities/steps'], breaks: ['web'] },
  {
    row: 'web/features/X',
    from: 'web/ui',
    value: ['web/features/flows/page'],
    breaks: ['web-ui-and-lib-below-features'],
  },
  { row: 'web/features/X', from: 'web/lib', value: ['node:path'], breaks: ['web-runs-in-browsers'] },
  { row: 'web/features/X', from: 'web/app', value: ['web/features/flows/page', 'react-router'] },
]

const worker: Probe[] = [
  {
    row: 'worker',
    from: 'worker',
    value: ['workflows/all', 'activities/steps', 'domain/failure', 'drizzle/open', '@temporalio/worker'],
  },
  { row: 'worker', from: 'worker', value: ['api/app'], breaks: ['worker'] },
  { row: 'worker', from: 'worker', type: ['web/lib/api'], breaks: ['worker'] },
  ...[
    { from: 'domain', breaks: ['domain-imports-itself'] },
    { from: 'workflows', breaks: ['workflows', 'workflows-types'] },
    { from: 'activities/capture', breaks: ['activities'] },
    { from: 'drizzle', breaks: ['drizzle'] },
    { from: 'api', breaks: ['api'] },
    { from: 'web/lib', breaks: ['web'] },
  ].flatMap(({ from, breaks }): Probe[] => [
    { row: 'worker', from, value: ['worker/config'], breaks: [...breaks, 'nobody-imports-worker'] },
    { row: free, from, value: ['lab/control'], breaks: [...breaks, 'nobody-imports-lab-dev-bench'] },
    { row: free, from, value: ['dev/up'], breaks: [...breaks, 'nobody-imports-lab-dev-bench'] },
    { row: free, from, value: ['bench/blocks'], breaks: [...breaks, 'nobody-imports-lab-dev-bench'] },
  ]),
]

const others: Probe[] = [
  ...['lab', 'dev', 'bench'].map((from): Probe => ({
    row: free,
    from,
    value: ['activities/blocks/end', 'api/app', 'worker/config', 'web/lib/api', 'lab/control', 'dev/up'],
  })),
  {
    row: free,
    from: 'lab',
    cycle: { through: 'lab/cycle-by-value', back: 'value' },
    breaks: ['no-circular'],
  },
  { row: free, from: 'lab', cycle: { through: 'lab/cycle-by-type', back: 'type' } },
  { row: free, from: 'worker', type: ['lab/control'], breaks: ['nobody-imports-lab-dev-bench', 'worker'] },
  // Tests may use the lab, and each other's equipment.
  { row: free, from: 'activities/capture/testing', value: ['lab/control', 'dev/up', 'worker/config'] },
]

export const probes: readonly Probe[] = [
  ...domain,
  ...workflows,
  ...standAlone,
  ...drivers,
  ...activities,
  ...drizzle,
  ...api,
  ...web,
  ...worker,
  ...others,
]
