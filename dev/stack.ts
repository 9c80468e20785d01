import type { DevConfig } from './config.js'
import type { Layout } from './layout.js'
import { runStep } from './progress.js'
import { planMariadb } from './services/mariadb.js'
import { planTemporal, type TemporalService } from './services/temporal.js'
import type { Tools } from './setup/tools.js'
import { migrateDatabase } from './setup/migrations.js'
import type { Supervisor } from './supervisor.js'

/** What both `npm start` and `npm test` stand on. */
export interface Stack {
  readonly databaseUrl: string
  readonly temporal: TemporalService
}

export interface StackOptions {
  /** Faster and less durable, and a database user who may make databases. */
  readonly forTests: boolean
  /** Any ports instead of the usual ones. */
  readonly anyPorts: boolean
  /** Of our own Temporal server, beside the declared one. */
  readonly moreNamespaces?: readonly string[]
}

/** Starts MariaDB and Temporal unless others run them, and brings the database to the newest migration. */
export const startStack = async (
  layout: Layout,
  config: DevConfig,
  tools: Tools,
  socketDir: string,
  supervisor: Supervisor,
  signal: AbortSignal,
  options: StackOptions,
): Promise<Stack> => {
  const databaseUrl = config.databaseUrl ?? (await startMariadb(layout, socketDir, supervisor, options))
  const temporal =
    config.temporal === undefined
      ? await startTemporal(layout, tools, supervisor, signal, options)
      : config.temporal
  await runStep('migrations', (report) => migrateDatabase(layout, databaseUrl, report))
  return { databaseUrl, temporal }
}

const startMariadb = (
  layout: Layout,
  socketDir: string,
  supervisor: Supervisor,
  options: StackOptions,
): Promise<string> =>
  runStep('MariaDB', async () => {
    const { plan, url } = await planMariadb(layout, socketDir, {
      mayCreateDatabases: options.forTests,
      lessDurable: options.forTests,
    })
    await supervisor.start(plan)
    return url
  })

const startTemporal = (
  layout: Layout,
  tools: Tools,
  supervisor: Supervisor,
  signal: AbortSignal,
  options: StackOptions,
): Promise<TemporalService> =>
  runStep('Temporal', async () => {
    if (tools.temporal === undefined) throw new Error('No Temporal CLI was provided.')
    const { forTests, anyPorts, moreNamespaces = [] } = options
    const choice = { ...(forTests && ({ synchronous: 'NORMAL' } as const)), anyPorts, moreNamespaces }
    const local = await planTemporal(layout, tools.temporal, choice)
    await supervisor.start(local.plan)
    await local.declare(signal)
    return local.service
  })
