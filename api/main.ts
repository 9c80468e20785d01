import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { destination, pino } from 'pino'
import type { Logger } from 'pino'
import { openVault } from '../activities/vault/vault.js'
import { openDatabase } from '../drizzle/open.js'
import { createApp } from './app.js'
import { ensureAdminToken, ensureFirstAdmin } from './auth/first-admin.js'
import { prepareDecoy } from './auth/passwords.js'
import { readConfig } from './config.js'
import type { ApiConfig } from './config.js'
import { buildContext, openTemporal } from './context.js'
import type { ApiContext } from './context.js'
import { safeError } from './log.js'

const graceMs = 10_000

async function main(): Promise<void> {
  const config = readConfig()
  // Standard output carries the readiness line alone.
  const log = pino({ name: 'api', level: config.logLevel }, destination(2))
  const vault = openVault(config.keyFile)
  const context = buildContext({
    database: openDatabase(config.databaseUrl, { silenceMs: 15_000 }),
    temporal: openTemporal(config.temporal),
    seal: (credentialId, secret) => vault.seal(secret, credentialId),
    contentToken: vault.tokenOf,
    log,
    webDir: config.webDir,
    temporalUiUrl: config.temporalUiUrl,
    usualRetention: config.usualRetention,
  })
  await ensureFirstAdmin(context.db, config.adminPasswordFile, log)
  await ensureAdminToken(context.db, config.adminTokenFile)
  await prepareDecoy()
  const server = await listen(context, config)
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ ready: true, port, pid: process.pid })}\n`)
  closeOnSignal(server, context, log)
}

function listen(context: ApiContext, config: ApiConfig): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createApp(context).listen(config.port, config.host, (error) => {
      if (error) reject(error)
      else resolve(server)
    })
    // Downloads of whole disks take hours; only the head of a request must come soon.
    server.requestTimeout = 0
    server.headersTimeout = 30_000
  })
}

/** Takes no new request, ends the streams, waits for what is being answered, then closes what it opened. */
function closeOnSignal(server: Server, context: ApiContext, log: Logger): void {
  let closing = false
  const close = (): void => {
    if (closing) return
    closing = true
    setTimeout(() => server.closeAllConnections(), graceMs).unref()
    server.close(() => {
      Promise.allSettled([context.database.close(), context.temporal.connection.close()])
        .then(() => process.exit(0))
        .catch(() => process.exit(1))
    })
    context.hub.close()
    server.closeIdleConnections()
    log.info('closing')
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
}

main().catch((error: unknown) => {
  // A bad configuration explains itself; anything else is told without statements or values.
  const said =
    error instanceof Error && error.message.startsWith('Bad configuration')
      ? error.message
      : JSON.stringify(safeError(error))
  process.stderr.write(`The API cannot start: ${said}\n`)
  process.exit(1)
})
