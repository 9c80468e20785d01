import { setTimeout as sleep } from 'node:timers/promises'
import { endProcess, identityOf, isAlive } from '../process-identity.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import type { Victim } from './moments.js'
import { processesOf } from './processes.js'
import type { Random } from '../../activities/blocks/testing/random.js'

export interface StrikeOptions {
  readonly product: Product
  readonly socketDir: string
  readonly victim: Victim
  readonly random: Random
  /** How long what is stopped stays away. */
  readonly awayMs: number
  /** Called as soon as the victim is gone: whoever was held may go on. */
  readonly letGo: () => Promise<void>
  /** True where whoever is held must still be held when the services end, if the supervisor is the victim. */
  readonly untilServicesEnd: boolean
}

/**
 * Kills the victim, or stops it and keeps it away for a while. Returns what was done, in words. Whoever restarts it in
 * life restarts it here: the supervisor its services, the worker its exporters, this function the supervisor.
 */
export const strike = async (options: StrikeOptions): Promise<string> => {
  const { victim } = options
  if (victim === 'supervisor') return killSupervisor(options)
  if (victim === 'nbdkit' || victim === 'qemu-nbd') return killExporter(options, victim)
  if (victim === 'worker' || victim === 'api') return killService(options, victim)
  return keepAway(options, victim)
}

const pidOf = async ({ product }: StrikeOptions, name: string): Promise<number> => {
  const pid = (await product.endpoints()).processes[name]
  if (pid === undefined) throw new Error(`there is no process ${name}`)
  return pid
}

const kill = async (pid: number): Promise<void> => {
  const who = await identityOf(pid)
  if (who === undefined) throw new Error(`the process ${pid} was gone before it could be killed`)
  process.kill(pid, 'SIGKILL')
  await until(
    async () => !(await isAlive(who)),
    () => `the process ${pid} outlived its SIGKILL`,
  )
}

const killService = async (options: StrikeOptions, name: string): Promise<string> => {
  const pid = await pidOf(options, name)
  await kill(pid)
  await options.letGo()
  return `killed ${name} ${pid}`
}

const killExporter = async (options: StrikeOptions, name: string): Promise<string> => {
  const running = await processesOf(options.product.home, options.socketDir)
  const exporters = running.filter((one) => one.name === name)
  if (exporters.length === 0) throw new Error(`no ${name} runs, though a copy is held`)
  const { pid } = options.random.pick(exporters)
  await kill(pid)
  await options.letGo()
  return `killed ${name} ${pid}, one of ${exporters.length}`
}

/** Its services go on without it, until it is started again and begins by ending them. */
const killSupervisor = async (options: StrikeOptions): Promise<string> => {
  const pid = await pidOf(options, 'supervisor')
  await kill(pid)
  const idle = options.random.pick([0, 3000])
  if (!options.untilServicesEnd) await options.letGo()
  await sleep(idle)
  await options.product.startAgain()
  await options.letGo()
  return `killed supervisor ${pid}, started it again after ${idle / 1000} s`
}

/**
 * Really gone for the whole time: the supervisor, which would bring it back at once, is asleep meanwhile. By KILL, or as
 * an administrator stops it.
 */
const keepAway = async (options: StrikeOptions, name: string): Promise<string> => {
  const supervisor = await pidOf(options, 'supervisor')
  const pid = await pidOf(options, name)
  const who = await identityOf(pid)
  if (who === undefined) throw new Error(`${name} was gone before it could be stopped`)
  const graceMs = options.random.pick([0, 10_000])
  process.kill(supervisor, 'SIGSTOP')
  try {
    if (graceMs === 0) process.kill(pid, 'SIGKILL')
    // A child of a process that sleeps stays a zombie: gone all the same.
    await endProcess(who, graceMs)
    await options.letGo()
    await sleep(options.awayMs)
  } finally {
    process.kill(supervisor, 'SIGCONT')
  }
  await until(
    async () => {
      const now = (await options.product.endpoints()).processes[name]
      return now !== undefined && now !== pid
    },
    () => `${name} did not come back:\n${options.product.text().slice(-2000)}`,
  )
  return `${graceMs === 0 ? 'killed' : 'stopped'} ${name} ${pid} for ${options.awayMs / 1000} s`
}
