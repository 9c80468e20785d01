import { checkEnd, findLeft } from './kill-checks.js'
import { copyUnderFire, type Copied } from './kill-copy.js'
import { makeDisks } from './kill-disks.js'
import { planOf, wordsOfPlan, type KillPlan } from './kill-plan.js'
import { keepServers } from './kill-servers.js'
import { createStory, type KillStory } from './kill-story.js'
import { scratch } from './scratch.js'

export interface KillResult {
  readonly seed: number
  readonly seconds: number
  readonly strikes: number
  readonly interruptions: number
  readonly againBytes: number
}

const MiB = 2 ** 20
// A case takes some seconds; a machine that is busy with other things takes its time.
const stuckMs = 150_000

/** One case: copies, kills, goes on, and looks whether all is well. Throws what is not. */
const runKillCase = async (plan: KillPlan): Promise<KillResult> => {
  const story = createStory(plan)
  const begunAt = performance.now()
  try {
    await using dir = await scratch()
    const disks = await makeDisks(plan, dir.path)
    story.note('the disks are made')
    const copied = await copyWithin(plan, disks, dir.path, story)
    story.note('the copy is through')
    await checkEnd(plan, disks, copied, story)
    const left = await findLeft(dir.path(''), copied.base)
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
    return {
      seed: plan.seed,
      seconds: (performance.now() - begunAt) / 1000,
      strikes: copied.struck,
      interruptions: story.interruptions(),
      againBytes: story.againBytes(),
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${story.text()}`, { cause: error })
  }
}

const copyWithin = async (
  plan: KillPlan,
  disks: Awaited<ReturnType<typeof makeDisks>>,
  path: (name: string) => string,
  story: KillStory,
): Promise<Copied> => {
  await using servers = await keepServers(plan, disks, path)
  const gaveUp = new AbortController()
  const timer = setTimeout(() => gaveUp.abort(new Error(`stuck: no end after ${stuckMs / 1000} s`)), stuckMs)
  try {
    return await copyUnderFire({ plan, disks, servers, story, path, signal: gaveUp.signal })
  } finally {
    clearTimeout(timer)
  }
}

/** So many cases from a seed; case n has the seed + n - 1, and is the same case on its own. */
export const runKillCases = async (
  cases: number,
  seed: number,
  say: (line: string) => void,
): Promise<KillResult[]> => {
  const results: KillResult[] = []
  for (let index = 0; index < cases; index++) {
    const plan = planOf(seed + index)
    const title = `case ${index + 1} of ${cases}: seed ${plan.seed}, ${wordsOfPlan(plan)}`
    const result = await runKillCase(plan).catch((error: unknown) => {
      const repeat = `Repeat it: npm run test:chaos -- blocks 1 ${plan.seed}`
      throw new Error(`${title}: ${(error as Error).message}\n${repeat}`, { cause: error })
    })
    results.push(result)
    say(`${title}: ${wordsOf(result)}`)
  }
  const most = results.reduce((a, b) => (b.againBytes > a.againBytes ? b : a))
  const strikes = results.reduce((sum, one) => sum + one.strikes, 0)
  say(
    `${results.length} of ${cases} cases passed, ${strikes} times somebody was struck; at most ` +
      `${(most.againBytes / MiB).toFixed(1)} MiB were copied again (seed ${most.seed})`,
  )
  return results
}

const wordsOf = ({ seconds, strikes, interruptions, againBytes }: KillResult): string =>
  `${strikes} struck, ${interruptions} interruptions; ${seconds.toFixed(1)} s, ${(againBytes / MiB).toFixed(1)} MiB again`
