import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../config.js'
import { openInstance } from '../instance.js'
import { layoutOf } from '../layout.js'
import { print } from '../progress.js'
import { provideTools } from '../setup/tools.js'
import { planMariadb } from '../services/mariadb.js'
import { planTemporal } from '../services/temporal.js'
import { openSupervisor } from '../supervisor.js'

/** MariaDB and Temporal of one's own, in a home that goes with them. */
export interface Services extends AsyncDisposable {
  /** What tests and the worker's configuration read. */
  readonly environment: Readonly<Record<'DATABASE_URL' | 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE', string>>
}

/** `durable`: Temporal's file as `npm start` writes it (synchronous=FULL), instead of as the tests do (NORMAL). */
export const openServices = async (root: string, durable: boolean): Promise<Services> => {
  const home = await mkdtemp(join(tmpdir(), 'sendense-s-'))
  const signal = new AbortController().signal
  const config = readConfig(root, process.env, home)
  const layout = layoutOf(root, home, config.cacheDir)
  const instance = await openInstance(layout)
  const supervisor = openSupervisor({
    children: instance.children,
    say: print,
    onRestart: async () => undefined,
  })
  const dispose = async (): Promise<void> => {
    await supervisor.stopAll()
    await instance[Symbol.asyncDispose]()
    await rm(home, { recursive: true, force: true })
  }
  try {
    const tools = await provideTools(layout, config, { lab: false, tests: true }, signal)
    if (tools.temporal === undefined) throw new Error('No Temporal CLI was provided.')
    const mariadb = await planMariadb(layout, instance.socketDir, { mayCreateDatabases: true })
    await supervisor.start(mariadb.plan)
    const choice = { anyPorts: true, ...(durable ? {} : ({ synchronous: 'NORMAL' } as const)) }
    const temporal = await planTemporal(layout, tools.temporal, choice)
    await supervisor.start(temporal.plan)
    await temporal.declare(signal)
    const { address, namespace } = temporal.service
    return {
      environment: { DATABASE_URL: mariadb.url, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}
