import { setTimeout as sleep } from 'node:timers/promises'
import type { RunLab } from '../activities/catalog/testing/run-lab.js'
import { runsNow } from '../drizzle/testing/many-flows.js'
import type { RunsNow } from '../drizzle/testing/many-flows.js'

export interface DueSettings {
  readonly flows: number
  readonly synchronous: 'NORMAL' | 'FULL'
  /** From the flows to their minute: their schedules must stand by then. */
  readonly leadSeconds: number
  /** How long after the due time it is looked at. */
  readonly watchSeconds: number
}

/** Reads `flows=1000 synchronous=FULL lead=240 watch=120`. */
export const settingsOf = (args: readonly string[]): DueSettings => {
  const given = new Map(args.map((arg) => [arg.split('=')[0] ?? '', arg.slice(arg.indexOf('=') + 1)]))
  const number = (name: string, usual: number): number => Number(given.get(name) ?? usual)
  return {
    flows: number('flows', 1000),
    synchronous: given.get('synchronous') === 'FULL' ? 'FULL' : 'NORMAL',
    leadSeconds: number('lead', 240),
    watchSeconds: number('watch', 120),
  }
}

/** The first whole minute after the lead. */
export const dueMinute = (leadSeconds: number): Date =>
  new Date(Math.ceil((Date.now() + leadSeconds * 1000) / 60_000) * 60_000)

// As the worker's configuration has them: DATABASE_URL's pool, and SENDENSE_LIMIT_….
const limits: Readonly<Record<string, number>> = { repository: 4, datastore: 4, host: 4, vcenter: 8 }
const poolSize = 10
const promisedSeconds = 60

interface Watch {
  readonly due: Date
  readonly settings: DueSettings
  readonly say: (line: string) => void
}

/** Looks every second; true where every flow had its one execution running in time and nothing was exceeded. */
export const watchDue = async (lab: RunLab, { due, settings, say }: Watch): Promise<boolean> => {
  const most = { slots: {} as Record<string, number>, connections: 0 }
  for (;;) {
    const now = await runsNow(lab.db)
    for (const [kind, taken] of Object.entries(now.slots))
      most.slots[kind] = Math.max(most.slots[kind] ?? 0, taken)
    most.connections = Math.max(most.connections, now.connections)
    const passed = (Date.now() - due.getTime()) / 1000
    if (now.begun >= settings.flows || passed > settings.watchSeconds)
      return report(now, most, { due, settings, say })
    await sleep(1000)
  }
}

function report(
  now: RunsNow,
  most: { readonly slots: Readonly<Record<string, number>>; readonly connections: number },
  { due, settings, say }: Watch,
): boolean {
  const after = now.startedAt.map((at) => (at.getTime() - due.getTime()) / 1000)
  const at = (share: number): string => (after[Math.ceil(after.length * share) - 1] ?? Number.NaN).toFixed(1)
  const inTime = after.filter((seconds) => seconds <= promisedSeconds).length
  const exceeded = Object.entries(most.slots).filter(([kind, taken]) => taken > (limits[kind] ?? 0))
  say(
    `Temporal's file synchronous=${settings.synchronous}, ${settings.flows} flows due at ${due.toISOString()}`,
  )
  say(`running after the due time: half ${at(0.5)} s, 95 % ${at(0.95)} s, the last ${at(1)} s`)
  say(
    `running within ${promisedSeconds} s: ${inTime}; executions ${now.executions} of ${now.flows} flows, ended ${now.ended}`,
  )
  say(`most places taken at once: ${JSON.stringify(most.slots)} (limits ${JSON.stringify(limits)})`)
  say(`most connections to the database: ${most.connections} (pool ${poolSize})`)
  const isWhole = now.executions === settings.flows && now.flows === settings.flows
  return inTime === settings.flows && isWhole && exceeded.length === 0 && most.connections <= poolSize
}
