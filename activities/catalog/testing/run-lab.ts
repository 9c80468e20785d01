import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Client } from '@temporalio/client'
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { pino } from 'pino'
import type { BackupInput } from '../../../domain/backup.js'
import type { Platform } from '../../../domain/platform.js'
import type { Repository } from '../../../domain/repository.js'
import { queues, workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import type { VmContext, VmDisk } from '../../../domain/vm-context.js'
import type { Db } from '../../../drizzle/open.js'
import { upsertProgress } from '../../../drizzle/queries/job-progress.js'
import { readTransferLimits } from '../../../drizzle/queries/transfer-limits.js'
import { insertRepository, repositoryById } from '../../../drizzle/queries/repositories.js'
import { upsertContext } from '../../../drizzle/queries/vm-context-upsert.js'
import { openTestDatabase } from '../../../drizzle/testing/database.js'
import { registerPlatform } from '../../../drizzle/testing/samples.js'
import { readConfig } from '../../../worker/config.js'
import { repositorySteps } from '../../../worker/repository-steps.js'
import { serve } from '../../../worker/serve.js'
import { now, openConnections } from '../../../worker/steps.js'
import type { StepContext } from '../../../worker/steps.js'
import { connectTemporal } from '../../../worker/temporal.js'
import { openMemory } from '../../platforms/memory/connect.js'
import { memoryDatacentre } from '../../platforms/memory/datacentre.js'
import type { MemoryDatacentre, MemoryVmSpec } from '../../platforms/memory/datacentre.js'
import { openGuard } from '../../processes/open-guard.js'
import { prepareRepository } from '../../repository/marker.js'
import { openContentServer } from '../../restore/content-server.js'
import { openPointReaders } from '../../restore/point-readers.js'
import { limitBoard } from '../../transfer/limit-board.js'
import { progressBoard } from '../../transfer/progress-board.js'

/** A VM that is registered from the memory data centre. */
export interface RunVm {
  readonly context: VmContext
  readonly disks: readonly VmDisk[]
}

/** The worker as `npm start` runs it, on a data centre in memory: real workflows, steps, database and images. */
export interface RunLab extends AsyncDisposable {
  readonly db: Db
  readonly client: Client
  readonly datacentre: MemoryDatacentre
  readonly platform: Platform
  readonly repository: Repository
  /**
   * Begins to serve all queues; until then what is started waits. `quick`: backups that copy nothing, for runs of
   * thousands.
   */
  serve(how?: 'quick'): Promise<void>
  addVm(spec: MemoryVmSpec): Promise<RunVm>
  /** What a person would type into the Temporal CLI: no row, no search attributes. */
  input(vm: RunVm, change?: Partial<BackupInput>): BackupInput
  start(input: BackupInput): ReturnType<Client['workflow']['start']>
  /** Rings the sweeper and waits for it. */
  sweep(): Promise<void>
}

/** The services that the tests share. Throws a sentence that says how to get them. */
const servicesOf = (environment: NodeJS.ProcessEnv) => {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, DATABASE_URL: databaseUrl } = environment
  // The queues have fixed names: two labs at once in one namespace would serve each other's runs.
  if (address && namespace && databaseUrl) return { address, namespace, databaseUrl }
  throw new Error(
    'This test needs Temporal and MariaDB: set TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and DATABASE_URL; `npm test` does',
  )
}

const ignore = (): void => undefined

/** Once a process: keeps the SDK's own words out of the tests'. */
export const quietRuntime = (): void => {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
}

/** `settings`: of the worker, by their environment names. */
export const openRunLab = async (
  environment: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunLab> => {
  const { address, namespace, databaseUrl } = servicesOf(environment)
  const directory = await mkdtemp(path.join(tmpdir(), 'rl-'))
  const opened = await openTestDatabase()
  const { db } = opened.database
  const config = readConfig({
    ...settings,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    SENDENSE_KEY_FILE: 'none: the memory data centre asks for no password',
    SENDENSE_RUN_DIR: directory,
  })
  const { native, client, close } = await connectTemporal(config)
  const guard = openGuard({
    guardScript: path.resolve('activities/processes/guard.mjs'),
    stateDir: path.join(directory, 'children'),
  })
  const progress = progressBoard((rows) => upsertProgress(db, rows), now)
  const limits = limitBoard({ read: () => readTransferLimits(db), said: ignore })
  const content = await openContentServer({ tokenOf: () => 'nobody reads' })
  const readers = openPointReaders({ db, client })
  const connections = openConnections(openMemory, () => Promise.resolve(''), 'none')
  const context: StepContext = {
    db,
    client,
    config,
    connections,
    open: openMemory,
    secretOf: () => Promise.resolve(''),
  }
  const steps = repositorySteps({
    context,
    guard,
    progress,
    limits,
    content,
    readers,
    said: ignore,
    version: '0.0.0-test',
  })
  const datacentre = memoryDatacentre(`memory-${randomBytes(4).toString('hex')}`)
  const platform = await registerPlatform(db, {
    kind: 'memory',
    host: datacentre.name,
    transport: 'memory',
    datacenter: null,
  })
  const repository = await makeRepository(db, path.join(directory, 'repository'))
  let serving: AsyncDisposable | undefined
  return {
    db,
    client,
    datacentre,
    platform,
    repository,
    serve: async (how) => {
      serving = await serve({
        context,
        native,
        repositorySteps: steps,
        workflowsPath: path.resolve(how === 'quick' ? 'workflows/testing/all-quick.ts' : 'workflows/all.ts'),
        interceptorsPath: path.resolve('workflows/interceptors.ts'),
        log: pino({ level: 'silent' }),
        failed: (error) => {
          throw error
        },
      })
    },
    addVm: (spec) => addVm(db, datacentre, platform, spec),
    input: (vm, change = {}) => ({
      backupId: `backup-${vm.context.vm_name}-${randomBytes(4).toString('hex')}`,
      vmContextId: vm.context.id,
      repositoryId: repository.id,
      requestedType: 'full',
      quiesce: 'prefer',
      excludeDisks: [],
      vmName: vm.context.vm_name,
      ...change,
    }),
    start: (input) =>
      client.workflow.start(workflowTypes.backupVm, {
        workflowId: workflowIds.backup(input.vmContextId),
        taskQueue: queues.control,
        args: [input],
      }),
    sweep: async () => {
      const workflowId = `sweep-${randomBytes(4).toString('hex')}`
      await client.workflow.execute(workflowTypes.sweepLeftovers, { workflowId, taskQueue: queues.control })
    },
    [Symbol.asyncDispose]: async () => {
      await serving?.[Symbol.asyncDispose]()
      await connections[Symbol.asyncDispose]()
      await content[Symbol.asyncDispose]()
      await readers[Symbol.asyncDispose]()
      limits[Symbol.dispose]()
      await progress[Symbol.asyncDispose]()
      await guard[Symbol.asyncDispose]()
      await close()
      datacentre[Symbol.dispose]()
      await opened[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const makeRepository = async (db: Db, place: string): Promise<Repository> => {
  const marker = randomBytes(8).toString('hex')
  const row = { name: 'main', repository_type: 'local', path: place, marker, enabled: true } as const
  const repository = await repositoryById(db, await insertRepository(db, row))
  if (repository === undefined) throw new Error('the repository was not written')
  await prepareRepository(repository, now())
  return repository
}

const addVm = async (
  db: Db,
  datacentre: MemoryDatacentre,
  platform: Platform,
  spec: MemoryVmSpec,
): Promise<RunVm> => {
  const { id } = datacentre.addVm(spec)
  const connection = await openMemory(platform, '', {})
  const vm = await connection.inventory.vmById(id)
  return await upsertContext(db, platform, vm, now().toISOString())
}
