import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { openChildrenFile } from '../children.js'
import { layoutOf, makeFolders, type Layout } from '../layout.js'
import { usableCli, type TemporalCli } from '../setup/temporal-cli.js'
import { openSupervisor, type Supervisor } from '../supervisor.js'
import { planLab } from './lab.js'
import { planMariadb } from './mariadb.js'
import { planTemporal, stateFile } from './temporal.js'

const run = promisify(execFile)
const root = join(__dirname, '..', '..')

let layout: Layout
let supervisor: Supervisor
let openSupervisors: Supervisor[]
const newSupervisor = (): Supervisor => {
  const opened = openSupervisor({
    children: openChildrenFile(layout.childrenFile, null),
    say: () => undefined,
    onRestart: async () => undefined,
  })
  openSupervisors.push(opened)
  return opened
}

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sendense-services-'))
  await chmod(folder, 0o711)
  layout = layoutOf(root, folder, join(folder, 'cache'))
  await makeFolders(layout)
  openSupervisors = []
  supervisor = newSupervisor()
})
afterEach(async () => {
  for (const opened of openSupervisors) await opened.stopAll()
  await rm(layout.home, { recursive: true })
})

/** Runs statements with Debian's own client, so that nothing of ours stands between. */
const query = async (url: string, sql: string): Promise<string> => {
  const { port, username, password, pathname } = new URL(url)
  const address = [
    '--no-defaults',
    '-h127.0.0.1',
    `-P${port}`,
    `-u${username}`,
    pathname.slice(1),
    '-N',
    '-B',
    '-e',
    sql,
  ]
  const { stdout } = await run('mariadb', address, { env: { ...process.env, MYSQL_PWD: password } })
  return stdout.trim()
}

describe('the private MariaDB', () => {
  test('lets its own user in with the generated password only, and nobody else over the network', async () => {
    const { plan, url } = await planMariadb(layout, layout.runDir)
    await supervisor.start(plan)
    expect(await query(url, 'select 1')).toBe('1')
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow('Access denied')
    await expect(query(url.replace(/\/\/[^@]+@/, '//root:@'), 'select 1')).rejects.toThrow('Access denied')
    await expect(query(url, 'create database other')).rejects.toThrow('Access denied')
    expect((await stat(join(layout.keysDir, 'database-password'))).mode & 0o777).toBe(0o600)
  })

  test('writes every commit to disk, in UTC and utf8mb4', async () => {
    const { plan, url } = await planMariadb(layout, layout.runDir)
    await supervisor.start(plan)
    const asked = 'select @@innodb_flush_log_at_trx_commit, @@time_zone, @@character_set_database'
    expect(await query(url, asked)).toBe('1\t+00:00\tutf8mb4')
  })

  test('does not run as root', async () => {
    const { plan } = await planMariadb(layout, layout.runDir)
    await supervisor.start(plan)
    const { uid } = await stat(`/proc/${supervisor.pids()['mariadb']}`)
    expect(uid).not.toBe(0)
  })

  test('runs as root only where nobody else can reach its folder', async () => {
    await chmod(layout.home, 0o700)
    const { plan, url } = await planMariadb(layout, layout.runDir)
    await supervisor.start(plan)
    expect(await query(url, 'select 1')).toBe('1')
  })

  test('keeps its rows over kill -9 and over a stop', async () => {
    const first = await planMariadb(layout, layout.runDir)
    await supervisor.start(first.plan)
    await query(first.url, 'create table t (n int) engine=innodb; insert into t values (7)')
    process.kill(supervisor.pids()['mariadb'] ?? 0, 'SIGKILL')
    await supervisor.stopAll()
    const second = await planMariadb(layout, layout.runDir)
    await newSupervisor().start(second.plan)
    expect(await query(second.url, 'select n from t')).toBe('7')
    expect(
      (await readdir(join(layout.stateDir, 'mariadb'))).filter((name) => name.startsWith('draft-')),
    ).toEqual([])
  })

  test('lets a test’s user make databases of its own', async () => {
    const { plan, url } = await planMariadb(layout, layout.runDir, { mayCreateDatabases: true })
    await supervisor.start(plan)
    await query(url, 'create database of_my_own; drop database of_my_own')
  })
})

describe('the development Temporal server', () => {
  let cli: TemporalCli
  beforeAll(async () => {
    const found = await usableCli(process.env['SENDENSE_TEST_TEMPORAL_CLI'] ?? 'temporal')
    if (found === undefined)
      throw new Error('This test needs SENDENSE_TEST_TEMPORAL_CLI; `npm test` sets it.')
    cli = found
  })

  const start = async (by: Supervisor) => {
    const local = await planTemporal(layout, cli, { synchronous: 'NORMAL', anyPorts: true })
    await by.start(local.plan)
    await local.declare(new AbortController().signal)
    return local.service
  }

  test('has the declared namespace, retention and search attributes', async () => {
    const { address, namespace } = await start(supervisor)
    const connection = await Connection.connect({ address })
    const described = await connection.workflowService.describeNamespace({ namespace })
    expect(Number(described.config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600)
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
    const names = ['ExecutionId', 'FlowId', 'JobId', 'OpKind', 'OpState', 'ReplicaId', 'Site', 'VmContextId']
    expect(Object.keys(customAttributes ?? {}).sort()).toEqual(names)
    await connection.close()
  })

  test('shows its UI below the prefix', async () => {
    const { uiUrl, namespace } = await start(supervisor)
    const page = await fetch(`${uiUrl}/namespaces/${namespace}/workflows`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('/temporal')
  })

  test('comes back with its histories after kill -9', async () => {
    const first = await start(supervisor)
    const before = await Connection.connect({ address: first.address })
    const client = new Client({ connection: before, namespace: first.namespace })
    const handle = await client.workflow.start('any', { workflowId: 'kept', taskQueue: 'nobody' })
    await before.close()
    process.kill(supervisor.pids()['temporal'] ?? 0, 'SIGKILL')
    await supervisor.stopAll()
    const second = await start(newSupervisor())
    const after = await Connection.connect({ address: second.address })
    const description = await new Client({ connection: after, namespace: second.namespace }).workflow
      .getHandle('kept')
      .describe()
    expect(description.runId).toBe(handle.firstExecutionRunId)
    await after.close()
  })

  test('refuses the state of another server version and says how to go on', async () => {
    const folder = join(layout.stateDir, 'temporal')
    await mkdir(join(folder, '1.28.0'), { recursive: true })
    await expect(stateFile(folder, '1.29.1')).rejects.toMatchObject({
      message: expect.stringMatching(/1\.28\.0.*1\.29\.1/) as string,
      remedy: expect.stringContaining(folder) as string,
    })
    await mkdir(join(folder, '1.29.1'))
    expect(await stateFile(folder, '1.29.1')).toBe(join(folder, '1.29.1', 'temporal.db'))
  })
})

test('a practice vCenter that is started again by another supervisor is found where it was', async () => {
  const { SENDENSE_TEST_LAB_BINARY: binary, SENDENSE_TEST_IMAGES: imagesDir } = process.env
  if (!binary || !imagesDir) throw new Error('This test needs the practice vCenter; `npm test` builds it')
  const places = { binary, imagesDir, scenario: join(root, 'lab/scenarios/kills.json'), anyPorts: true }
  const first = await planLab(layout, places)
  await supervisor.start(first.plan)
  const before = await first.readReady()
  await supervisor.stopAll()
  const second = await planLab(layout, places)
  await newSupervisor().start(second.plan)
  expect(await second.readReady()).toMatchObject({
    host: before.host,
    control_url: before.control_url,
    control_token: before.control_token,
    nbd_address: before.nbd_address,
  })
})
