import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  missingAttributeArguments,
  parseTemporalSettings,
  retentionArguments,
  serverArguments,
} from './temporal-settings.js'

const declared = readFileSync(join(__dirname, '..', '..', 'temporal-dev.yaml'), 'utf8')
const settings = parseTemporalSettings(declared)
const places = { databaseFile: '/state/temporal.db', frontendPort: 7001, uiPort: 7002 }

const valuesOf = (flag: string, args: readonly string[]): string[] =>
  args.flatMap((argument, index) => (argument === flag ? [args[index + 1] ?? ''] : []))

test('the declared server listens on loopback, with its state in a file and its UI below /temporal', () => {
  const args = serverArguments(settings, places)
  expect(args.slice(0, 2)).toEqual(['server', 'start-dev'])
  expect(valuesOf('--ip', args)).toEqual(['127.0.0.1'])
  expect(valuesOf('--ui-ip', args)).toEqual(['127.0.0.1'])
  expect(valuesOf('--port', args)).toEqual(['7001'])
  expect(valuesOf('--ui-port', args)).toEqual(['7002'])
  expect(valuesOf('--db-filename', args)).toEqual(['/state/temporal.db'])
  expect(valuesOf('--ui-public-path', args)).toEqual(['/temporal'])
})

test('more namespaces than the declared one are asked for behind it', () => {
  const args = serverArguments(settings, { ...places, moreNamespaces: ['test-1', 'test-2'] })
  expect(valuesOf('--namespace', args)).toEqual(['sendense', 'test-1', 'test-2'])
})

test('every search attribute of the design is declared as a keyword', () => {
  const names = ['FlowId', 'ExecutionId', 'VmContextId', 'JobId', 'ReplicaId', 'OpKind', 'OpState', 'Site']
  expect(valuesOf('--search-attribute', serverArguments(settings, places)).sort()).toEqual(
    names.map((name) => `${name}=Keyword`).sort(),
  )
})

test('histories survive a power cut', () => {
  const pragmas = valuesOf('--sqlite-pragma', serverArguments(settings, places))
  expect(pragmas).toEqual(expect.arrayContaining(['journal_mode=WAL', 'synchronous=FULL']))
})

test('dynamic configuration is handed over as JSON', () => {
  expect(valuesOf('--dynamic-config-value', serverArguments(settings, places))).toEqual([
    'frontend.enableServerVersionCheck=false',
    'worker.perNamespaceWorkerOptions={"MaxConcurrentWorkflowTaskPollers":40,"StickyScheduleToStartTimeout":"2m"}',
    'worker.schedulerNamespaceStartWorkflowRPS=2000',
    'matching.useNewMatcher=true',
    'history.visibilityProcessorSchedulerWorkerCount=2',
  ])
})

test('the declared retention becomes a call of thirty days in hours', () => {
  const args = retentionArguments(settings, '127.0.0.1:7001')
  expect(valuesOf('--retention', args)).toEqual(['720h'])
  expect(args.at(-1)).toBe(settings.namespace)
})

test('only attributes that the namespace lacks are added', () => {
  const known = new Set(Object.keys(settings.search_attributes).filter((name) => name !== 'Site'))
  const args = missingAttributeArguments(settings, known, '127.0.0.1:7001') ?? []
  expect(valuesOf('--name', args)).toEqual(['Site'])
  expect(missingAttributeArguments(settings, known.add('Site'), '127.0.0.1:7001')).toBeUndefined()
})

test.each([
  { name: 'an unknown key', text: `${declared}\nretentoin: 30d\n`, word: 'retentoin' },
  { name: 'a retention without a unit', text: declared.replace('30d', '30'), word: 'retention' },
  { name: 'an unknown attribute type', text: declared.replace('Site: Keyword', 'Site: Word'), word: 'Site' },
])('$name in temporal-dev.yaml is refused by name', ({ text, word }) => {
  expect(() => parseTemporalSettings(text)).toThrow(word)
})
