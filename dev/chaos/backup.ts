import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planOf, wordsOf, type Plan } from './moments.js'
import { plannedBytes, runCase, type CaseResult } from './run-case.js'
import { servedBytes } from './served.js'
import { ended, jobMs, openScene, start, type Scene } from './scene.js'

const MiB = 2 ** 20

/** A running product whose backups are to be disturbed. */
export interface Survivor extends AsyncDisposable {
  /** A backup's steps, in their order. */
  readonly steps: readonly string[]
  /** One case, as `runCase`; what it throws ends with the product's logs. */
  run(plan: Plan, seed: number): Promise<CaseResult>
}

/** So many cases from a seed; case n has the seed + n - 1, and is the same case on its own. */
export const runCases = async (
  cases: number,
  seed: number,
  say: (line: string) => void,
): Promise<CaseResult[]> => {
  await using survivor = await openSurvivor()
  say(`a backup's steps: ${survivor.steps.join(', ')}`)
  const results: CaseResult[] = []
  for (let index = 0; index < cases; index++) {
    const own = seed + index
    const plan = planOf(own, survivor.steps)
    const title = `case ${index + 1} of ${cases}: seed ${own}, ${plan.backup}, ${plan.victim} ${wordsOf(plan.moment)}`
    const result = await survivor.run(plan, own).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`${title}: ${why}\nRepeat it: npm run test:chaos -- backup 1 ${own}`, { cause: error })
    })
    results.push(result)
    say(`${title}: ${wordsOfResult(result)}`)
  }
  const most = Math.max(0, ...results.map(({ again }) => again))
  say(`${results.length} of ${cases} cases passed; at most ${(most / MiB).toFixed(1)} MiB were copied again`)
  return results
}

const wordsOfResult = ({ struck, seconds, again, wasSwept }: CaseResult): string =>
  `${struck}; ${seconds.toFixed(1)} s, ${(again / MiB).toFixed(1)} MiB again${wasSwept ? ', swept' : ''}`

/** Starts the product and has one backup that nobody disturbs. */
export const openSurvivor = async (): Promise<Survivor> => {
  const scene = await openScene()
  try {
    const calm = await calmRun(scene)
    return {
      steps: calm.steps,
      run: (plan, seed) =>
        runCase(scene, calm.rate, plan, seed).catch(async (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error)
          throw new Error(`${why}\n${await logsOf(scene)}`, { cause: error })
        }),
      [Symbol.asyncDispose]: () => scene.product[Symbol.asyncDispose](),
    }
  } catch (error) {
    await scene.product[Symbol.asyncDispose]()
    throw error
  }
}

const calmRun = async (scene: Scene): Promise<{ steps: string[]; rate: number }> => {
  const before = await servedBytes(scene.product)
  const backup = await ended(scene, await start(scene, 'full'), jobMs)
  if (backup.status !== 'completed') throw new Error(`the undisturbed backup ended as ${backup.status}`)
  const served = (await servedBytes(scene.product)) - before
  const again = served - plannedBytes(backup)
  // Else what is counted later would not be what was copied again.
  if (again !== 0) throw new Error(`an undisturbed backup was served ${again} bytes more than it was to read`)
  scene.points.push(backup)
  const own = backup.steps.filter(({ step_id }) => step_id.startsWith('backup-vm/'))
  const copies = own.filter(({ name }) => name === 'copyDisk')
  const begun = Math.min(...copies.map(({ started_at }) => Date.parse(started_at)))
  const over = Math.max(...copies.map(({ ended_at }) => Date.parse(ended_at ?? '')))
  return {
    steps: [...new Set(own.map(({ name }) => name))],
    rate: (served * 1000) / Math.max(1, over - begun),
  }
}

const logsOf = async ({ product }: Scene): Promise<string> => {
  const tail = async (name: string): Promise<string> => {
    const text = await readFile(join(product.home, 'run/logs', `${name}.log`), 'utf8').catch(() => '')
    return `--- ${name}.log\n${text.slice(-3000)}`
  }
  const logs = await Promise.all(['worker', 'api'].map(tail))
  const said = product.text().slice(-2000)
  return [...logs, `--- npm start\n${said.replaceAll(/password \S+/g, 'password …')}`].join('\n')
}
