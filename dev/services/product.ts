import { delimiter, dirname, join } from 'node:path'
import type { DevConfig } from '../config.js'
import type { Layout } from '../layout.js'
import type { Stack } from '../stack.js'
import type { Keys } from '../setup/keys.js'
import type { ServicePlan } from '../supervised-process.js'

/** What worker and API are told; the names are the contract with their configuration files. */
export interface ProductSettings {
  readonly layout: Layout
  readonly config: DevConfig
  readonly stack: Stack
  readonly keys: Keys
  readonly socketDir: string
  readonly webDir: string
  readonly apiPort: number
  /** Program of the practice vCenter when it runs: its folder holds the stand-in for VDDK. */
  readonly labBinary: string | undefined
}

export const planWorker = (settings: ProductSettings): ServicePlan => ({
  ...planOf('worker', settings),
  // A worker lets running copies write their checkpoints before it goes.
  graceMs: 45_000,
})

export const planApi = (settings: ProductSettings): ServicePlan => ({
  ...planOf('api', settings),
  graceMs: 15_000,
})

const planOf = (name: 'worker' | 'api', settings: ProductSettings): Omit<ServicePlan, 'graceMs'> => ({
  name,
  command: process.execPath,
  args: ['--import', 'tsx', join(settings.layout.root, name, 'main.ts')],
  cwd: settings.layout.root,
  env: { ...process.env, ...productEnvironment(settings) },
  logFile: join(settings.layout.logsDir, `${name}.log`),
  ready: 'line',
  readyTimeoutMs: 120_000,
})

export const productEnvironment = (settings: ProductSettings): Record<string, string> => {
  const { config, stack, layout, keys } = settings
  return {
    ...stack.temporal.credentials,
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporal.address,
    TEMPORAL_NAMESPACE: stack.temporal.namespace,
    ...(stack.temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_URL: stack.temporal.uiUrl }),
    SENDENSE_HOME: layout.home,
    SENDENSE_KEY_FILE: keys.keyFile,
    SENDENSE_RUN_DIR: settings.socketDir,
    SENDENSE_WEB_DIR: settings.webDir,
    SENDENSE_ADMIN_TOKEN_FILE: keys.adminTokenFile,
    SENDENSE_ADMIN_PASSWORD_FILE: keys.adminPasswordFile,
    SENDENSE_HOST: '127.0.0.1',
    PORT: String(settings.apiPort),
    ...captureEnvironment(config, settings.labBinary),
  }
}

// With the lab, the program started as `nbdkit` is the lab's stand-in for VDDK's plugin; the command line stays production's.
const captureEnvironment = (config: DevConfig, labBinary: string | undefined): Record<string, string> => {
  const vddk = labBinary === undefined ? undefined : join(dirname(labBinary), 'vddk')
  const nbdkit = config.nbdkit ?? (vddk === undefined ? undefined : join(vddk, 'nbdkit'))
  const libdir = config.vddkLibdir ?? vddk
  return {
    ...(nbdkit === undefined ? {} : { SENDENSE_NBDKIT: nbdkit }),
    ...(libdir === undefined ? {} : { SENDENSE_VDDK_LIBDIR: libdir }),
    PATH: [process.env['PATH'], '/usr/sbin', '/sbin'].filter((part) => part !== undefined).join(delimiter),
  }
}
