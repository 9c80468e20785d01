import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPlatform } from '../activities/platforms/registry.js'
import { endStrays } from '../activities/processes/end-strays.js'
import { openGuard } from '../activities/processes/open-guard.js'
import { limitBoard } from '../activities/transfer/limit-board.js'
import { progressBoard } from '../activities/transfer/progress-board.js'
import { openContentServer } from '../activities/restore/content-server.js'
import { openPointReaders } from '../activities/restore/point-readers.js'
import { openVault } from '../activities/vault/vault.js'
import { openDatabase } from '../drizzle/open.js'
import { upsertProgress } from '../drizzle/queries/job-progress.js'
import { readTransferLimits } from '../drizzle/queries/transfer-limits.js'
import { checkTemporal } from './check-temporal.js'
import { config as readConfig } from './config.js'
import { openLog } from './log.js'
import { repositorySteps } from './repository-steps.js'
import { ensureSchedules } from './schedules.js'
import { serve } from './serve.js'
import { now, openConnections, secrets } from './steps.js'
import type { StepContext } from './steps.js'
import { connectTemporal } from './temporal.js'

const here = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string }

/** One worker process: opens what its steps need, serves its roles' queues, and leaves nothing behind. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = openLog()
  const stopped = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.abort())
  const failed = (error: unknown): void => {
    log.error({ error: String(error) }, 'the worker cannot go on')
    process.exitCode = 1
    stopped.abort()
  }
  const stateDir = path.join(config.SENDENSE_RUN_DIR, 'children')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  // Children of a worker that was killed: the guard ended them, this makes sure. Others' workers may share the folder.
  await endStrays({ stateDir, shouldEnd: (_, worker) => worker === 'gone' })

  const vault = openVault(config.SENDENSE_KEY_FILE)
  await using database = openDatabase(config.DATABASE_URL)
  const { native, client, close } = await connectTemporal(config)
  await checkTemporal(client).catch(async (error: unknown) => {
    await close()
    throw error
  })
  await using guard = openGuard({ guardScript: here('../activities/processes/guard.mjs'), stateDir })
  await using progress = progressBoard((rows) => upsertProgress(database.db, rows), now)
  using limits = limitBoard({
    read: () => readTransferLimits(database.db),
    said: (sentence) => log.warn(sentence),
  })
  const secretOf = secrets(database.db, vault)
  await using connections = openConnections(openPlatform, secretOf, config.SENDENSE_VDDK_LIBDIR)
  await using readers = openPointReaders({ db: database.db, client })
  await using content = await openContentServer({ tokenOf: vault.tokenOf })
  const context: StepContext = { db: database.db, client, config, connections, open: openPlatform, secretOf }
  {
    await using _serving = await serve({
      context,
      native,
      repositorySteps: repositorySteps({
        ...{ context, guard, progress, limits, content, readers, version },
        said: (sentence) => log.info(sentence),
      }),
      workflowsPath: here('../workflows/all.ts'),
      interceptorsPath: here('../workflows/interceptors.ts'),
      log,
      failed,
    })
    if (config.SENDENSE_ROLES.includes('control')) await ensureSchedules(client, config)
    process.stdout.write(
      `${JSON.stringify({ ready: true, pid: process.pid, roles: config.SENDENSE_ROLES })}\n`,
    )
    if (!stopped.signal.aborted)
      await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve, { once: true }))
  }
  await close()
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
