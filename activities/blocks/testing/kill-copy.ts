import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import type { CopyResult } from '../copy-meter.js'
import type { KillDisks } from './kill-disks.js'
import { extentsOf, type KillPlan, type Strike } from './kill-plan.js'
import type { KillServers } from './kill-servers.js'
import type { KillStory } from './kill-story.js'
import { startMover, type MoverChild } from './mover.js'
import type { MoverJob, MoverLine } from './mover-job.js'

/** Everything a copy of a plan needs; a mover is started again as often as it must be. */
interface Scene {
  readonly plan: KillPlan
  readonly disks: KillDisks
  readonly servers: KillServers
  readonly story: KillStory
  readonly path: (name: string) => string
  /** Ends the case with its reason. */
  readonly signal: AbortSignal
}

/** What the copy ended with. `base`: name of the attempt that came to the end. */
export interface Copied {
  readonly result: CopyResult
  readonly base: string
  readonly struck: number
}

const mostAttempts = 30
const reopenMs = 60_000

/** Copies, and strikes when the plan says so, until a mover is through. */
export const copyUnderFire = async (scene: Scene): Promise<Copied> => {
  const { plan, servers, story, path, signal: gaveUp } = scene
  const over = new Promise<never>((_, reject) =>
    gaveUp.addEventListener('abort', () => reject(gaveUp.reason as Error), { once: true }),
  )
  const left = [...plan.strikes]
  over.catch(() => {})
  let from: string | undefined
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const to = path(`attempt-${attempt}`)
    await using mover = await startMover(jobOf(scene, from, to, left[0]))
    story.begun()
    const watch = async (): Promise<CopyResult | undefined> => {
      for await (const line of mover.lines) {
        story.heard(line)
        if (line.line === 'done') return line.result
        if (line.line === 'held') await strike(scene, mover, left.shift()!, left[0])
        if (line.line === 'failed') await afterFailure(line)
      }
      return undefined
    }
    const result = await Promise.race([watch(), over, servers.source.failed, servers.target.failed])
    const { code, signal } = await mover.exited()
    if (result !== undefined && code === 0)
      return { result, base: to, struck: plan.strikes.length - left.length }
    story.note(`the mover ended (${signal ?? code}) ${mover.stderr()}`)
    if (signal !== 'SIGKILL' && code !== 1) throw new Error(`the mover ended with ${signal ?? code}`)
    if (await isThere(`${to}.checkpoint`)) from = to
  }
  throw new Error(`${mostAttempts} movers did not come to an end`)
}

const jobOf = (
  { plan, disks, servers }: Scene,
  from: string | undefined,
  to: string,
  next: Strike | undefined,
): MoverJob => ({
  sourceSocket: servers.source.socketPath,
  targetSocket: servers.target.socketPath,
  extents: extentsOf(plan),
  kind: disks.base === undefined ? 'root' : 'overlay',
  targetKnownZero: disks.base === undefined && !plan.isUsed,
  ...(disks.base && { previous: [disks.base.digests] }),
  checkpoint: { everyBytes: plan.everyBytes, everyMs: plan.everyMs },
  stallMs: plan.stallMs,
  reopenMs,
  to,
  from,
  ...(next && { hold: next.moment }),
})

/** A server that was away when a mover began is no failure of the copy; anything else is. */
const afterFailure = async ({ phase, retry, message }: MoverLine & { line: 'failed' }): Promise<void> => {
  if (phase === 'copy' || !retry) throw new Error(`the mover failed: ${message}`)
  await sleep(200)
}

const strike = async (
  { servers, story }: Scene,
  mover: MoverChild,
  { victims, way, awayMs }: Strike,
  next: Strike | undefined,
): Promise<void> => {
  story.note(`${way} ${victims.join('+')}`)
  const processes = victims.map((victim) => (victim === 'mover' ? mover : servers[victim]))
  const kill = async (ms: number): Promise<void> => {
    // All at once; a mover is dead when its lines end.
    await Promise.all(processes.map((one) => ('kill' in one ? one.kill(ms) : one.signal('SIGKILL'))))
  }
  if (way === 'kill') await kill(awayMs)
  else for (const one of processes) one.signal('SIGSTOP')
  mover.order(next === undefined ? {} : { hold: next.moment })
  if (way === 'kill') return
  await sleep(awayMs)
  if (way === 'freeze') await kill(0)
  else for (const one of processes) one.signal('SIGCONT')
}

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  )
