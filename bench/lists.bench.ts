import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aUser, openTestApi } from '../api/testing/test-api.js'
import { openChildrenFile } from '../dev/children.js'
import { layoutOf, makeFolders } from '../dev/layout.js'
import { planMariadb } from '../dev/services/mariadb.js'
import { openSupervisor } from '../dev/supervisor.js'
import { migrateUp } from '../drizzle/migrate.js'
import { openDatabase } from '../drizzle/open.js'
import { listExecutions } from '../drizzle/queries/execution-lists.js'
import { listFlows } from '../drizzle/queries/flow-lists.js'
import { benchSettings } from './bench-settings.js'
import { explained, fillLists, type ListSize } from '../drizzle/testing/list-rows.js'

/*
 * GET /protection-flows and /executions over HTTP with ten flows and executions, and with 10,000 and 1,000,000: the
 * 95th percentile of each, their ratio, and what the server plans.   npm run bench -- lists [rounds=200]
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const small: ListSize = { flows: 10, executions: 10 }
const large: ListSize = { flows: 10_000, executions: 1_000_000 }
const paths = [
  '/protection-flows',
  // As many rows as the small database has: what is left is what more rows behind them cost.
  '/protection-flows?limit=10',
  '/protection-flows?sort=name&order=asc&limit=10',
  '/executions?limit=10',
  '/protection-flows?sort=name&order=asc',
  '/protection-flows?sort=last_execution_time',
  '/protection-flows?sort=next_execution_time&order=asc',
  '/protection-flows?enabled=false',
  '/executions',
  '/executions?flow_id=flow-7',
  '/executions?status=error',
  '/executions?execution_type=api',
]

const p95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN

interface Measured extends AsyncDisposable {
  readonly url: string
  once(path: string): Promise<number>
}

/** The API on a database of this size. */
const openSized = async (server: string, name: string, size: ListSize): Promise<Measured> => {
  const url = new URL(server)
  url.pathname = `/${name}`
  await migrateUp(url.href)
  await fillLists(url.href, size)
  const database = openDatabase(url.href)
  const api = await openTestApi({ database, temporalAddress: '127.0.0.1:1' })
  const { token } = await aUser(api.context, 'viewer')
  return {
    url: url.href,
    once: async (path) => {
      const start = performance.now()
      const { status, text } = await api.call('GET', path, { token })
      if (status !== 200) throw new Error(text)
      return performance.now() - start
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await database.close()
    },
  }
}

/** What the lists ask, explained by the server. */
const explain = async (url: string): Promise<void> => {
  const orders = ['created_at', 'name', 'last_execution_time', 'next_execution_time'] as const
  const plans = await explained(url, async (db) => {
    for (const sort of orders) await listFlows(db, {}, { sort, order: 'desc' }, { limit: 50 })
    await listFlows(db, { enabled: false }, { sort: 'created_at', order: 'desc' }, { limit: 50 })
    for (const filter of [{}, { status: 'error' }, { execution_type: 'api' }] as const)
      await listExecutions(db, filter, { limit: 50 })
  })
  for (const { statement, plan } of plans) {
    say(
      `  ${statement.replace(/`|select .* from /g, (found) => (found === '`' ? '' : 'from ')).slice(0, 150)}`,
    )
    for (const line of plan) say(`    ${line}`)
  }
}

const { rounds } = benchSettings(process.argv.slice(2), { rounds: 200, directory: '' })
const home = await mkdtemp(join(tmpdir(), 'sendense-lists-'))
await chmod(home, 0o711)
const layout = layoutOf(process.cwd(), home, join(home, 'cache'))
await makeFolders(layout)
const supervisor = openSupervisor({
  children: openChildrenFile(layout.childrenFile, null),
  say: () => undefined,
  onRestart: async () => undefined,
})
try {
  const { plan, url } = await planMariadb(layout, join(home, 'run'), { mayCreateDatabases: true })
  await supervisor.start(plan)
  await using few = await openSized(url, 'sendense_few', small)
  const begun = performance.now()
  await using many = await openSized(url, 'sendense_many', large)
  say(
    `${large.flows} flows and ${large.executions} executions written in ${Math.round((performance.now() - begun) / 1000)} s`,
  )
  for (const path of paths) {
    const [littles, bigs]: [number[], number[]] = [[], []]
    // In turn, so that whatever else the machine does meets both; the first rounds warm both up.
    for (let round = -20; round < rounds; round += 1) {
      const [little, big] = [await few.once(path), await many.once(path)]
      if (round < 0) continue
      littles.push(little)
      bigs.push(big)
    }
    const [a, b] = [p95(littles), p95(bigs)]
    say(`${path}: p95 ${a.toFixed(1)} ms with few, ${b.toFixed(1)} ms with many, ratio ${(b / a).toFixed(2)}`)
  }
  await explain(many.url)
} finally {
  await supervisor.stopAll()
  await rm(home, { recursive: true, force: true })
}
