import { parse } from 'yaml'
import { z } from 'zod'
import { setupFailed } from '../setup-failed.js'

const Settings = z.strictObject({
  namespace: z.string().min(1),
  retention: z.string().regex(/^\d+[dh]$/, 'must be a number of days or hours, such as 30d'),
  ports: z.strictObject({ frontend: z.int().min(1).max(65535), ui: z.int().min(1).max(65535) }),
  ui_public_path: z.string().regex(/^\/[a-z/-]*$/),
  sqlite_pragmas: z.record(z.string(), z.string()),
  /** Of the server's process. */
  environment: z.record(z.string(), z.string()),
  search_attributes: z.record(
    z.string(),
    z.enum(['Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList']),
  ),
  dynamic_config: z.record(z.string(), z.json()),
})

/** temporal-dev.yaml, parsed. */
export type TemporalSettings = z.infer<typeof Settings>

export const parseTemporalSettings = (text: string): TemporalSettings => {
  const parsed = Settings.safeParse(parse(text))
  if (parsed.success) return parsed.data
  throw setupFailed(`temporal-dev.yaml is not right:\n${z.prettifyError(parsed.error)}`, 'Correct the file.')
}

export interface TemporalPlaces {
  readonly databaseFile: string
  readonly frontendPort: number
  readonly uiPort: number
  /** Beside the declared one, with the same search attributes. */
  readonly moreNamespaces?: readonly string[]
}

/** The arguments of the `temporal` program that start the declared server; loopback only. */
export const serverArguments = (settings: TemporalSettings, places: TemporalPlaces): string[] => [
  'server',
  'start-dev',
  ...['--ip', '127.0.0.1', '--ui-ip', '127.0.0.1'],
  ...['--port', String(places.frontendPort), '--ui-port', String(places.uiPort)],
  ...['--db-filename', places.databaseFile],
  ...[settings.namespace, ...(places.moreNamespaces ?? [])].flatMap((name) => ['--namespace', name]),
  ...['--ui-public-path', settings.ui_public_path],
  ...pairs('--sqlite-pragma', settings.sqlite_pragmas, (value) => value),
  ...pairs('--search-attribute', settings.search_attributes, (value) => value),
  ...pairs('--dynamic-config-value', settings.dynamic_config, (value) => JSON.stringify(value)),
]

/** The namespace's retention, which no flag of the server sets, as arguments of `temporal`. */
export const retentionArguments = (settings: TemporalSettings, address: string): string[] => {
  const amount = Number.parseInt(settings.retention, 10)
  const hours = settings.retention.endsWith('d') ? amount * 24 : amount
  return [
    'operator',
    'namespace',
    'update',
    '--retention',
    `${hours}h`,
    '--address',
    address,
    settings.namespace,
  ]
}

/** Search attributes that the namespace of an older state file lacks, as arguments of `temporal`; none: undefined. */
export const missingAttributeArguments = (
  settings: TemporalSettings,
  known: ReadonlySet<string>,
  address: string,
): string[] | undefined => {
  const missing = Object.entries(settings.search_attributes).filter(([name]) => !known.has(name))
  if (missing.length === 0) return undefined
  const named = missing.flatMap(([name, type]) => ['--name', name, '--type', type])
  const where = ['--namespace', settings.namespace, '--address', address]
  return ['operator', 'search-attribute', 'create', ...named, ...where]
}

const pairs = <T>(flag: string, values: Readonly<Record<string, T>>, show: (value: T) => string): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${show(value)}`])
