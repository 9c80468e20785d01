/** Who may import whom: the table in docs/architecture.md. dev/import-rules.int.test.ts tries each rule. */
const ours = '^(domain|workflows|activities|worker|api|drizzle|lab|dev|bench|web)/'
const tests = '(\\.test\\.tsx?$|/testing/|^web/e2e/)'
const freeRooms = '^(lab|dev|bench)/'
// Gone when the program runs: `import type`, `import { type X }`, `import('…').X` in a type.
const byValue = { dependencyTypesNot: ['type-only', 'type-import'] }

const rule = (name, from, to) => ({
  name,
  severity: 'error',
  comment: `${name}: see the import table in docs/architecture.md`,
  from,
  to,
})
/** `from` may reach, of our own rooms, only what matches `allowed`. */
const only = (name, from, allowed, extra = {}) =>
  rule(name, { path: from, pathNot: tests }, { path: ours, pathNot: allowed, ...extra })
/** `from` may reach, outside our own rooms, only these packages; not even Node's modules. */
const onlyPackages = (name, from, allowed) =>
  rule(name, { path: from, pathNot: tests }, { pathNot: [ours, `(^|node_modules/)${allowed}(/|$)`] })
/** With or without the types that a package keeps in another; found even where its file is not. */
const named = (packages) => `(^|node_modules/)(@types/)?(${packages})(/|$)`
const temporal = (allowed) => ({
  path: '(^|node_modules/)@temporalio/',
  pathNot: `(^|node_modules/)@temporalio/(${allowed})(/|$)`,
})

module.exports = {
  forbidden: [
    only('domain-imports-itself', '^domain/', '^domain/'),
    onlyPackages('domain-packages', '^domain/', 'zod'),

    only('workflows', '^workflows/', '^(workflows/|domain/rules/)', byValue),
    only('workflows-types', '^workflows/', '^(workflows/|domain/|activities/(execution-|schedule-)?steps\\.ts$)'),
    onlyPackages('workflows-packages', '^workflows/', '@temporalio/(workflow|common)'),

    only('blocks-stand-alone', '^activities/blocks/', '^activities/blocks/'),
    only('processes-stand-alone', '^activities/processes/', '^activities/processes/'),
    only('vault-stands-alone', '^activities/vault/', '^activities/vault/'),

    ...['vmware', 'memory', 'cloudstack', 'libvirt'].map((driver) =>
      only(
        `platform-${driver}`,
        `^activities/platforms/${driver}/`,
        `^(domain/|activities/blocks/|activities/platforms/(platform\\.ts$|${driver}/))`,
      ),
    ),

    only('activities', '^activities/', '^(activities/|domain/|drizzle/(queries/|open\\.ts$))'),
    rule(
      'activities-get-an-open-database',
      { path: '^activities/', pathNot: tests },
      { path: '^drizzle/open\\.ts$', ...byValue },
    ),
    rule(
      'activities-temporal',
      { path: '^activities/', pathNot: tests },
      { ...temporal('activity|client|common'), ...byValue },
    ),

    only('drizzle', '^drizzle/', '^(drizzle|domain)/'),
    rule('sql-only-in-drizzle', { path: ours, pathNot: '^drizzle/' }, { path: named('drizzle-orm|mysql2') }),

    only(
      'api',
      '^api/',
      '^(api/|domain/|drizzle/(queries/|(open|errors|database-url)\\.ts$)|activities/vault/|workflows/)',
    ),
    rule(
      'api-knows-workflows-by-type',
      { path: '^api/', pathNot: tests },
      { path: '^workflows/', pathNot: '^workflows/messages\\.ts$', ...byValue },
    ),
    rule('api-temporal', { path: '^api/', pathNot: tests }, temporal('client|common')),
    rule(
      'express-only-in-api',
      { path: ours, pathNot: '^api/' },
      { path: named('express|express-serve-static-core') },
    ),
    only('contract-is-browser-safe', '^api/contract/', '^(api/contract|domain)/'),
    onlyPackages('contract-packages', '^api/contract/', 'zod'),

    only('web', '^web/', '^(web/|api/contract/|domain/)'),
    rule(
      'web-features-apart',
      { path: '^web/features/([^/]+)/', pathNot: tests },
      { path: '^web/', pathNot: ['^web/(ui|lib)/', '^web/features/$1/'] },
    ),
    // Else one feature would reach another through them.
    rule('web-ui-and-lib-below-features', { path: '^web/(ui|lib)/' }, { path: '^web/(features|app)/' }),
    rule(
      'web-runs-in-browsers',
      { path: '^web/(app|features|ui|lib|main)', pathNot: tests },
      { dependencyTypes: ['core'] },
    ),

    only('worker', '^worker/', '^(worker|workflows|activities|domain|drizzle)/'),
    rule(
      'nobody-imports-worker',
      { path: ours, pathNot: ['^worker/', freeRooms, tests] },
      { path: '^worker/' },
    ),
    rule('nobody-imports-lab-dev-bench', { path: ours, pathNot: [freeRooms, tests] }, { path: freeRooms }),
    // Tests may import anything, so what is not a test must not import them.
    rule(
      'nobody-imports-tests',
      { path: ours, pathNot: [freeRooms, tests] },
      { path: tests, pathNot: 'node_modules/' },
    ),

    // A rule that names a package's path cannot see a package without one.
    rule('no-unresolvable', {}, { couldNotResolve: true }),
    rule('no-circular', {}, { circular: true, viaOnly: byValue }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // Only what we build: packages keep their code in folders called dist, too.
    exclude: { path: '(^|/)\\.sendense/|^(web/)?dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}
