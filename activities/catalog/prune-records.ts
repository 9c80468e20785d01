import { onceCredentialKind } from '../../domain/rules/names.js'
import { pruneCredentials } from '../../drizzle/queries/credentials.js'
import { pruneDiscoveries } from '../../drizzle/queries/discovered-vms.js'
import { pruneStarts } from '../../drizzle/queries/idempotency.js'
import { pruneSteps } from '../../drizzle/queries/job-steps.js'
import { pruneSessions } from '../../drizzle/queries/sessions.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

const dayMs = 24 * 3600 * 1000

/** How long a record lives after it was made, in ms. Sessions carry their own end. */
const lives = {
  /** Its question is answered within minutes; only a crash leaves one behind. */
  onceCredential: dayMs,
  /** How long a client may repeat a start under the same Idempotency-Key. */
  start: 7 * dayMs,
  /** An answer is fetched at once; a job's own is kept for as long as the job is open. */
  discovery: dayMs,
  /** Of a job that is no more. A step may begin before its job's row stands. */
  strayStep: dayMs,
  /** Older ones are left to `prune-history`: a sweep must not read the whole log. */
  soughtStep: 14 * dayMs,
} as const

/** Safe to run twice: removes by age alone, and nothing that an open job still reads. */
export const pruneRecords =
  ({ db, now }: Pick<CatalogDependencies, 'db' | 'now'>): ControlSteps['pruneRecords'] =>
  async () => {
    const at = now()
    const before = (ageMs: number): string => new Date(at.getTime() - ageMs).toISOString()
    return {
      credentials: await pruneCredentials(db, onceCredentialKind, before(lives.onceCredential)),
      sessions: await pruneSessions(db, at.toISOString()),
      starts: await pruneStarts(db, before(lives.start)),
      discoveries: await pruneDiscoveries(db, before(lives.discovery)),
      steps: await pruneSteps(db, { since: before(lives.soughtStep), before: before(lives.strayStep) }),
    }
  }
