import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DevConfig } from './config.js'
import { writeEndpoints, type Endpoints } from './endpoints.js'
import { openInstance, type Instance } from './instance.js'
import type { Layout } from './layout.js'
import { choosePorts } from './ports.js'
import { print, runStep, secondsSince } from './progress.js'
import type { RunContext } from './run-context.js'
import { planLab, type LabReady, type LocalLab } from './services/lab.js'
import { planApi, planWorker, type ProductSettings } from './services/product.js'
import { setupFailed } from './setup-failed.js'
import { provideKeys } from './setup/keys.js'
import { provideTools, type Tools } from './setup/tools.js'
import { startStack } from './stack.js'
import { listenForStop, type StopSignal } from './stop-signal.js'
import { openSupervisor, type Supervisor } from './supervisor.js'

export interface UpOptions {
  readonly demo: boolean
  readonly once: boolean
  readonly lab: boolean
}

/** `npm start`: all set-up, then everything runs until Ctrl-C, `npm run stop`, or the end of `--demo --once`. */
export const up = async (layout: Layout, config: DevConfig, options: UpOptions): Promise<number> => {
  if (options.demo && !options.lab)
    throw setupFailed('The demo needs the practice lab.', 'Leave out --no-lab.')
  const begun = performance.now()
  const stop = listenForStop()
  await using instance = await openInstance(layout)
  const tools = await provideTools(layout, config, { lab: options.lab, tests: false }, stop.signal)
  let endpoints: Endpoints | undefined
  const supervisor = openSupervisor({
    children: instance.children,
    say: print,
    onRestart: async (pids) => {
      if (endpoints === undefined) return
      endpoints = { ...endpoints, processes: withSupervisor(pids) }
      await writeEndpoints(layout.endpointsFile, endpoints)
    },
  })
  stop.onImpatience(() => supervisor.hurry())
  try {
    const context = await startAll(layout, config, tools, instance, supervisor, stop)
    endpoints = context.endpoints
    await writeEndpoints(layout.endpointsFile, endpoints)
    print(await readyBlock(context, secondsSince(begun)))
    return await stayUp(context, options, stop)
  } finally {
    await runStep('stop', () => supervisor.stopAll())
  }
}

const startAll = async (
  layout: Layout,
  config: DevConfig,
  tools: Tools,
  instance: Instance,
  supervisor: Supervisor,
  stop: StopSignal,
): Promise<RunContext> => {
  const { socketDir } = instance
  const keys = await runStep('keys', (report) => provideKeys(layout, report))
  const stack = await startStack(layout, config, tools, socketDir, supervisor, stop.signal, {
    forTests: false,
    anyPorts: wantsAnyPorts(config),
  })
  const lab = await startLab(layout, config, tools, supervisor)
  const { api: apiPort } = await choosePorts({ api: config.apiPort })
  const labBinary = tools.lab?.binary
  const settings: ProductSettings = {
    layout,
    config,
    stack,
    keys,
    socketDir,
    webDir: tools.webDir,
    apiPort,
    labBinary,
  }
  await runStep('worker', () => supervisor.start(planWorker(settings)))
  await runStep('API', () => supervisor.start(planApi(settings)))
  const api = `http://127.0.0.1:${apiPort}`
  return {
    layout,
    lab,
    adminPasswordFile: keys.adminPasswordFile,
    say: print,
    signal: stop.signal,
    endpoints: {
      api,
      ui: `${api}/`,
      temporal: stack.temporal.address,
      temporal_ui: stack.temporal.uiUrl === undefined ? null : `${api}/temporal/`,
      database: stack.databaseUrl,
      lab_vcenter: lab === null ? null : `https://${lab.host}`,
      admin_user: 'admin',
      admin_token_file: keys.adminTokenFile,
      processes: withSupervisor(supervisor.pids()),
    },
  }
}

// Beside another one a usual port is lost to it as soon as its service is away for a moment.
const wantsAnyPorts = ({ apiPort }: DevConfig): boolean => apiPort === 0

const withSupervisor = (pids: Readonly<Record<string, number>>): Record<string, number> => ({
  supervisor: process.pid,
  ...pids,
})

const startLab = async (
  layout: Layout,
  config: DevConfig,
  tools: Tools,
  supervisor: Supervisor,
): Promise<(LabReady & Pick<LocalLab, 'passwordFile'>) | null> => {
  const { lab } = tools
  if (lab === undefined) return null
  const scenario = join(layout.root, 'lab', 'scenarios', `${config.labScenario}.json`)
  return runStep('practice lab', async () => {
    const local = await planLab(layout, { ...lab, scenario, anyPorts: wantsAnyPorts(config) })
    await supervisor.start(local.plan)
    return { ...(await local.readReady()), passwordFile: local.passwordFile }
  })
}

/** Runs the demo if asked, then waits for the wish to stop. Returns the exit status. */
const stayUp = async (context: RunContext, options: UpOptions, stop: StopSignal): Promise<number> => {
  let status = 0
  if (options.demo) {
    const { runDemo } = await import('./demo.js')
    status = await runDemo(context)
    if (options.once) return status
    print(`• the demo ended with status ${status}; everything keeps running (Ctrl-C stops it)`)
  }
  await stop.asked
  return status
}

const readyBlock = async (
  { endpoints, lab, adminPasswordFile }: RunContext,
  seconds: string,
): Promise<string> => {
  const labLines =
    lab === null
      ? []
      : [`Practice vCenter  https://${lab.host}  (user ${lab.user}, password in ${lab.passwordFile})`]
  return [
    '',
    `Sendense is ready after ${seconds} s.`,
    '',
    ...[
      `Web page          ${endpoints.ui}`,
      `API               ${endpoints.api}/api/v1`,
      `Temporal UI       ${endpoints.temporal_ui ?? 'set TEMPORAL_UI_URL to link to it'}`,
      ...labLines,
      await firstLogin(endpoints, adminPasswordFile),
    ].map((line) => `  ${line}`),
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n')
}

/** The generated password is shown only while it still opens the door, and must then be changed. */
const firstLogin = async (endpoints: Endpoints, adminPasswordFile: string): Promise<string> => {
  const password = (await readFile(adminPasswordFile, 'utf8')).trim()
  const answer = await fetch(`${endpoints.api}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: endpoints.admin_user, password }),
    signal: AbortSignal.timeout(10_000),
  })
  return answer.ok
    ? `First login       user ${endpoints.admin_user}, password ${password} (to be changed at once)`
    : `Login             user ${endpoints.admin_user}, with the password you chose`
}
