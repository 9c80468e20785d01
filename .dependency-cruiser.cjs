/** Who may import whom: one rule a row of the table in docs/architecture.md. */
const ours = '^(domain|workflows|activities|worker|api|drizzle|lab|dev|bench|web)/'
const tests = '(\\.test\\.tsx?$|/testing/|^web/e2e/)'
/** `from` may reach, of our own rooms, only what matches `allowed`. */
const only = (name, from, allowed, extra = {}) => ({
  name,
  severity: 'error',
  comment: `${name}: see the import table in docs/architecture.md`,
  from: { path: from, pathNot: tests },
  to: { path: ours, pathNot: allowed, ...extra },
})

module.exports = {
  forbidden: [
    only('domain-imports-itself', '^domain/', '^domain/'),
    {
      name: 'domain-packages',
      severity: 'error',
      from: { path: '^domain/', pathNot: tests },
      to: { dependencyTypes: ['npm', 'core', 'npm-dev'], pathNot: 'node_modules/zod/' },
    },
    only('workflows', '^workflows/', '^(workflows/|domain/rules/)', { dependencyTypesNot: ['type-only'] }),
    only('workflows-types', '^workflows/', '^(workflows/|domain/|activities/steps\\.ts$)'),
    {
      name: 'workflows-packages',
      severity: 'error',
      from: { path: '^workflows/', pathNot: tests },
      to: { dependencyTypes: ['npm', 'core'], pathNot: 'node_modules/@temporalio/(workflow|common)/' },
    },
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
    only('activities', '^activities/', '^(activities|domain|drizzle/(queries/|open\\.ts$))'),
    only('drizzle', '^drizzle/', '^(drizzle|domain)/'),
    {
      name: 'sql-only-in-drizzle',
      severity: 'error',
      from: { path: ours, pathNot: ['^drizzle/', '^dev/', '^drizzle\\.config\\.ts$', tests] },
      to: { path: 'node_modules/(drizzle-orm|mysql2)/' },
    },
    {
      name: 'express-only-in-api',
      severity: 'error',
      from: { path: ours, pathNot: '^api/' },
      to: { path: 'node_modules/express/' },
    },
    only(
      'api',
      '^api/',
      '^(api/|domain/|drizzle/(queries/|(open|errors|database-url)\\.ts$)|activities/vault/|workflows/)',
    ),
    {
      name: 'api-knows-workflows-by-type',
      severity: 'error',
      from: { path: '^api/', pathNot: tests },
      to: { path: '^workflows/', pathNot: '^workflows/messages\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    only('contract-is-browser-safe', '^api/contract/', '^(api/contract|domain)/'),
    only('web', '^web/', '^(web/|api/contract/|domain/)'),
    {
      name: 'web-features-apart',
      severity: 'error',
      from: { path: '^web/features/([^/]+)/' },
      to: { path: '^web/(features/|app/)', pathNot: '^web/features/$1/' },
    },
    only('worker', '^worker/', '^(worker|workflows|activities|domain|drizzle)/'),
    {
      name: 'nobody-imports-worker-lab-dev-bench',
      severity: 'error',
      from: { path: ours, pathNot: ['^(lab|dev|bench)/', '\\.test\\.ts$', '/testing/', '^web/e2e/'] },
      to: { path: '^(worker|lab|dev|bench)/', pathNot: '^worker/' },
    },
    {
      name: 'nobody-imports-worker',
      severity: 'error',
      from: { path: ours, pathNot: ['^worker/', '^(dev|bench)/', '\\.test\\.ts$'] },
      to: { path: '^worker/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/.*/node_modules|\\.sendense|dist)/' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  },
}
