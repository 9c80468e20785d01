import { Client, Connection } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Retention } from '../domain/policy.js'
import { usualRetention } from '../domain/rules/keeps.js'
import type { Database, Db } from '../drizzle/open.js'
import { changingExecutions, dueTimesDecidedSince } from '../drizzle/queries/execution-events.js'
import type { Content } from './content/stream-content.js'
import type { EventHub } from './events/hub.js'
import { openEventHub } from './events/hub.js'
import type { TemporalConfig } from './config.js'
import { readChangingBackups } from './views/backup-job.js'
import { toExecutionResponse } from './views/execution.js'
import { safeError } from './log.js'

/** How long a request waits for a workflow before it answers 202 (or 503 where there is nothing to follow). */
export interface Waits {
  readonly questionMs: number
  readonly discoverMs: number
  readonly deleteMs: number
  /** Until a worker takes what is asked of a run: one whose worker has just died waits ten seconds for another. */
  readonly updateMs: number
}
const usualWaits: Waits = { questionMs: 60_000, discoverMs: 60_000, deleteMs: 30_000, updateMs: 20_000 }

/** Everything a handler works with, built once. */
export interface ApiContext {
  readonly database: Database
  readonly db: Db
  readonly temporal: Client
  /** Seals a secret for the credential of this id; nothing in the API opens one. */
  readonly seal: (credentialId: string, secret: string) => string
  /** What opens the content that a worker serves under this reference. */
  readonly contentToken: (reference: string) => string
  readonly hub: EventHub
  /** Disks that workers serve now, by backup and disk. */
  readonly contents: Map<string, Content>
  readonly log: Logger
  readonly webDir: string | undefined
  readonly temporalUiUrl: string | undefined
  readonly waits: Waits
  /** What is kept where no policy speaks: the same as the workers'. */
  readonly usualRetention: Retention
  /** In tests an answer that breaks its contract is an error. */
  readonly checkAnswers: boolean
}

export interface ContextParts extends Pick<
  ApiContext,
  'database' | 'temporal' | 'seal' | 'contentToken' | 'log'
> {
  readonly webDir?: string | undefined
  readonly temporalUiUrl?: string | undefined
  readonly waits?: Partial<Waits>
  readonly usualRetention?: Retention
  readonly checkAnswers?: boolean
}

export function buildContext(parts: ContextParts): ApiContext {
  const { database, log } = parts
  const hub = openEventHub({
    readBackups: (watched) => readChangingBackups(database.db, watched),
    readExecutions: async (watched) =>
      (await changingExecutions(database.db, watched)).map(toExecutionResponse),
    readDueTimes: (since) => dueTimesDecidedSince(database.db, since),
    onError: (error) => log.warn(safeError(error), 'events cannot be read'),
  })
  return {
    database,
    db: database.db,
    temporal: parts.temporal,
    seal: parts.seal,
    contentToken: parts.contentToken,
    hub,
    contents: new Map(),
    log,
    webDir: parts.webDir,
    temporalUiUrl: parts.temporalUiUrl,
    waits: { ...usualWaits, ...parts.waits },
    usualRetention: parts.usualRetention ?? usualRetention(0, 0),
    checkAnswers: parts.checkAnswers ?? false,
  }
}

/** Connects when first used: the API serves while Temporal is away, and says so. */
export function openTemporal(config: TemporalConfig): Client {
  const connection = Connection.lazy({
    address: config.address,
    ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey }),
    ...(config.tls === undefined ? {} : { tls: tlsOptions(config.tls) }),
  })
  return new Client({ connection, namespace: config.namespace, identity: `sendense-api-${process.pid}` })
}

const tlsOptions = ({ ca, cert, key }: NonNullable<TemporalConfig['tls']>) => ({
  ...(ca === undefined ? {} : { serverRootCACertificate: ca }),
  ...(cert === undefined || key === undefined ? {} : { clientCertPair: { crt: cert, key } }),
})
