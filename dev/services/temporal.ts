import { mkdir, readFile, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Layout } from '../layout.js'
import { choosePorts } from '../ports.js'
import { runCommand, tryCommand } from '../run-command.js'
import { setupFailed } from '../setup-failed.js'
import type { ServicePlan } from '../supervised-process.js'
import type { TemporalCli } from '../setup/temporal-cli.js'
import {
  missingAttributeArguments,
  parseTemporalSettings,
  retentionArguments,
  serverArguments,
  type TemporalSettings,
} from './temporal-settings.js'

/** Where worker, API and tests find Temporal, ours or another's. */
export interface TemporalService {
  readonly address: string
  readonly namespace: string
  /** Address of the UI, which the API shows behind its login; undefined when nobody named one. */
  readonly uiUrl: string | undefined
  readonly credentials: Readonly<Record<string, string>>
}

export interface LocalTemporal {
  readonly plan: ServicePlan
  readonly service: TemporalService
  /** What no flag of the server does: retention, and search attributes that an older state file lacks. */
  declare(signal: AbortSignal): Promise<void>
}

export interface TemporalOptions {
  /** `NORMAL` for tests: faster, loses the last moments in a power cut. */
  readonly synchronous?: 'NORMAL'
  /** Any ports instead of the usual ones. */
  readonly anyPorts?: boolean
  /** Beside the declared one. */
  readonly moreNamespaces?: readonly string[]
}

/** Plans the development server declared in temporal-dev.yaml; its state comes back with every start. */
export const planTemporal = async (
  layout: Layout,
  cli: TemporalCli,
  options: TemporalOptions = {},
): Promise<LocalTemporal> => {
  const declared = parseTemporalSettings(await readFile(join(layout.root, 'temporal-dev.yaml'), 'utf8'))
  const settings =
    options.synchronous === undefined ? declared : withSynchronous(declared, options.synchronous)
  const databaseFile = await stateFile(join(layout.stateDir, 'temporal'), cli.serverVersion)
  const usual = options.anyPorts === true ? { frontend: 0, ui: 0 } : settings.ports
  const ports = await choosePorts(usual)
  const moreNamespaces = options.moreNamespaces ?? []
  const address = `127.0.0.1:${ports.frontend}`
  return {
    service: {
      address,
      namespace: settings.namespace,
      uiUrl: `http://127.0.0.1:${ports.ui}${settings.ui_public_path}`,
      credentials: {},
    },
    plan: {
      name: 'temporal',
      command: cli.path,
      args: serverArguments(settings, {
        ...{ databaseFile, frontendPort: ports.frontend, uiPort: ports.ui, moreNamespaces },
      }),
      env: { ...settings.environment, ...cliEnvironment() },
      cwd: layout.root,
      logFile: join(layout.logsDir, 'temporal.log'),
      ready: () => isServing(cli, address, [settings.namespace, ...moreNamespaces], ports.ui),
      readyTimeoutMs: 60_000,
      graceMs: 15_000,
    },
    declare: (signal) => declare(cli, settings, address, signal),
  }
}

const withSynchronous = (settings: TemporalSettings, synchronous: string): TemporalSettings => ({
  ...settings,
  sqlite_pragmas: { ...settings.sqlite_pragmas, synchronous },
})

/** `<folder>/<server version>/temporal.db`: the server never migrates its file, so another version's is refused. */
export const stateFile = async (folder: string, serverVersion: string): Promise<string> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const versions = await readdir(folder)
  const foreign = versions.filter((version) => version !== serverVersion)
  if (foreign.length > 0 && !versions.includes(serverVersion))
    throw setupFailed(
      `The Temporal histories in ${folder} were written by server ${foreign.join(', ')}; this one is ${serverVersion} and cannot read them.`,
      `Put that version's \`temporal\` first on PATH, or set the old histories aside: mv '${folder}' '${folder}.old'`,
    )
  await mkdir(join(folder, serverVersion), { recursive: true, mode: 0o700 })
  return join(folder, serverVersion, 'temporal.db')
}

const declare = async (
  cli: TemporalCli,
  settings: TemporalSettings,
  address: string,
  signal: AbortSignal,
): Promise<void> => {
  const options = { env: cliEnvironment(), timeoutMs: 30_000, signal }
  await runCommand(cli.path, retentionArguments(settings, address), options)
  const list = [
    'operator',
    'search-attribute',
    'list',
    '--namespace',
    settings.namespace,
    '--address',
    address,
  ]
  const listed = await runCommand(cli.path, list, options)
  const known = new Set(listed.stdout.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? ''))
  const missing = missingAttributeArguments(settings, known, address)
  if (missing !== undefined) await runCommand(cli.path, missing, options)
}

// The frontend answers before the namespaces stand and before the UI listens: all count.
const isServing = async (
  cli: TemporalCli,
  address: string,
  namespaces: readonly string[],
  uiPort: number,
): Promise<boolean> => {
  const port = Number(address.split(':')[1])
  if (!(await accepts(port)) || !(await accepts(uiPort))) return false
  for (const namespace of namespaces) {
    const arguments_ = ['operator', 'namespace', 'describe', '--address', address, namespace]
    const answer = await tryCommand(cli.path, arguments_, { env: cliEnvironment(), timeoutMs: 10_000 })
    if (answer.status !== 0) return false
  }
  return true
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** The user's own TEMPORAL_* variables are meant for other servers. */
const cliEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')))
