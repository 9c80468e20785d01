import { and, asc, eq, inArray, isNotNull, notInArray, sql } from 'drizzle-orm'
import type { BackupDisk, PinPurpose } from '../../domain/backup.js'
import { chainAround, deletionOrder } from '../../domain/rules/chains.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { backupPins } from '../schema/backup-pins.js'
import { disksOfBackup, insertDisks } from './backup-disks.js'
import { linkedPoints } from './linked-points.js'

/** A workflow by its id and its first execution's run id, or a process (no run), whose pins expire. */
export interface PinOwner {
  readonly owner: string
  readonly runId: string | null
}

export interface Pin extends PinOwner {
  readonly backupId: string
  readonly purpose: PinPurpose
  readonly since: string
  readonly expiresAt: string | null
  /** By the database's clock, the only one that decides; null for a pin without an end of its own. */
  readonly leftMs: number | null
}

export interface WantedPin extends PinOwner {
  readonly purpose: PinPurpose
  /** How long it lasts unless it is renewed; a workflow's lasts while the workflow is open. */
  readonly lastsMs?: number
}

/** All points or none. */
export type PinTaking =
  | { readonly kind: 'taken'; readonly backupIds: readonly string[] }
  /** Pins that do not go together with the wanted ones; whether their owners are open is Temporal's to say. */
  | { readonly kind: 'held'; readonly by: readonly Pin[] }
  | { readonly kind: 'missing'; readonly backupIds: readonly string[] }

/**
 * Pins these points, or none of them. A pin to `delete` stands alone: it is not granted beside another, nor another
 * beside it. Asking again as its owner answers `taken`. The points' rows are locked while it is decided.
 */
export const takePins = (db: Db, backupIds: readonly string[], wanted: WantedPin): Promise<PinTaking> =>
  inTransaction(db, (tx) => takeIn(tx, backupIds, wanted))

/**
 * Pins the whole chain that a point belongs to; `taken` names its points in the order in which they can be deleted.
 * Looked at again under the lock: an increment planned in between has pinned its base, and is met.
 */
export const takeChainPins = (db: Db, backupId: string, wanted: WantedPin): Promise<PinTaking> =>
  inTransaction(db, async (tx) => {
    for (let locked: readonly string[] = []; ;) {
      const chain = deletionOrder(chainAround(await linkedPoints(tx, backupId), backupId))
      // What is no point (a failed backup) is a chain of its own.
      const members = chain.length === 0 ? [backupId] : chain.map((point) => point.backupId)
      if (members.every((id) => locked.includes(id))) return takeIn(tx, members, wanted)
      locked = await lockPoints(tx, members)
      if (!locked.includes(backupId)) return { kind: 'missing', backupIds: [backupId] }
    }
  })

/**
 * Writes the plan of a backup's disks together with the pins on the points that they are stored over: a base that is
 * being deleted is `held` or `missing`, and then nothing is written. Bases of an earlier plan are let go.
 */
export const planDisksOver = (db: Db, disks: readonly BackupDisk[], owner: PinOwner): Promise<PinTaking> =>
  inTransaction(db, async (tx) => {
    const taking = await takeIn(tx, parentsOf(disks), { ...owner, purpose: 'base' })
    if (taking.kind !== 'taken') return taking
    await insertDisks(tx, disks)
    // Disks that are copied already keep the base they had.
    const needed = parentsOf(await disksOfBackup(tx, disks[0]?.backup_id ?? ''))
    await tx
      .delete(backupPins)
      .where(
        and(
          eq(backupPins.purpose, 'base'),
          isOwners(owner),
          needed.length === 0 ? undefined : notInArray(backupPins.backup_id, needed),
        ),
      )
    return taking
  })

/** Sets when a pin ends, counted from now; false when it is not there (any more). */
export const renewPin = async (
  db: Db,
  pin: Pick<Pin, 'backupId' | 'purpose' | 'owner'>,
  lastsMs: number,
): Promise<boolean> =>
  matched(
    await db
      .update(backupPins)
      .set({ expires_at: after(lastsMs) })
      .where(
        and(
          eq(backupPins.backup_id, pin.backupId),
          eq(backupPins.purpose, pin.purpose),
          eq(backupPins.owner, pin.owner),
        ),
      ),
  ) === 1

/** Lets go of everything that this owner holds; returns how many pins it held. */
export const releasePins = async (
  db: Db,
  owner: PinOwner,
  backupIds?: readonly string[],
): Promise<number> => {
  const these = backupIds === undefined ? undefined : inArray(backupPins.backup_id, [...backupIds])
  return matched(await db.delete(backupPins).where(and(isOwners(owner), these)))
}

/** Removes pins whose time is over; returns how many. */
export const dropExpiredPins = async (db: Db): Promise<number> =>
  matched(await db.delete(backupPins).where(isOver))

/** The pins that stand on these points. */
export const pinsOn = (db: Db, backupIds: readonly string[]): Promise<Pin[]> =>
  backupIds.length === 0 ? Promise.resolve([]) : selectPins(db, inArray(backupPins.backup_id, [...backupIds]))

/** The workflows that hold pins, each once. */
export const pinningWorkflows = async (db: Db): Promise<PinOwner[]> =>
  db
    .selectDistinct({ owner: backupPins.owner, runId: backupPins.run_id })
    .from(backupPins)
    .where(isNotNull(backupPins.run_id))

const takeIn = async (tx: Db, backupIds: readonly string[], wanted: WantedPin): Promise<PinTaking> => {
  const ids = [...new Set(backupIds)]
  if (ids.length === 0) return { kind: 'taken', backupIds: [] }
  const known = await lockPoints(tx, ids)
  const missing = ids.filter((id) => !known.includes(id))
  if (missing.length > 0) return { kind: 'missing', backupIds: missing }
  await tx.delete(backupPins).where(and(inArray(backupPins.backup_id, ids), isOver))
  const by = (await pinsOn(tx, ids)).filter((pin) => isInTheWay(pin, wanted))
  if (by.length > 0) return { kind: 'held', by }
  const expires_at = wanted.lastsMs === undefined ? null : after(wanted.lastsMs)
  await tx
    .insert(backupPins)
    .values(
      ids.map((backup_id) => ({
        backup_id,
        purpose: wanted.purpose,
        owner: wanted.owner,
        run_id: wanted.runId,
        since: sql`now(3)`,
        expires_at,
      })),
    )
    .onDuplicateKeyUpdate({ set: { expires_at } })
  return { kind: 'taken', backupIds: ids }
}

// One key has room for one run: another run under the same id is in the way until it is known to be closed.
const isInTheWay = (pin: Pin, wanted: WantedPin): boolean => {
  if (pin.owner === wanted.owner && pin.runId === wanted.runId) return false
  if (pin.purpose === 'delete' || wanted.purpose === 'delete') return true
  return pin.purpose === wanted.purpose && pin.owner === wanted.owner
}

/** The ids of those that exist, their rows locked in the order of their ids. */
const lockPoints = async (tx: Db, ids: readonly string[]): Promise<string[]> => {
  const rows = await tx
    .select({ id: backupJobs.id })
    .from(backupJobs)
    .where(inArray(backupJobs.id, [...ids]))
    .orderBy(asc(backupJobs.id))
    .for('update')
  return rows.map(({ id }) => id)
}

const selectPins = (db: Db, where: ReturnType<typeof eq>): Promise<Pin[]> =>
  db
    .select({
      backupId: backupPins.backup_id,
      purpose: backupPins.purpose,
      owner: backupPins.owner,
      runId: backupPins.run_id,
      since: backupPins.since,
      expiresAt: backupPins.expires_at,
      leftMs: sql<number | null>`timestampdiff(microsecond, now(3), ${backupPins.expires_at}) div 1000`,
    })
    .from(backupPins)
    .where(and(where, sql`not ${isOver}`))
    .orderBy(asc(backupPins.since), asc(backupPins.backup_id), asc(backupPins.owner))

const isOver = sql`(${backupPins.expires_at} is not null and ${backupPins.expires_at} <= now(3))`
const after = (ms: number) => sql`now(3) + interval ${Math.round(ms) * 1000} microsecond`
const isOwners = ({ owner, runId }: PinOwner) =>
  and(eq(backupPins.owner, owner), runId === null ? undefined : eq(backupPins.run_id, runId))
const parentsOf = (disks: readonly BackupDisk[]): string[] => [
  ...new Set(disks.flatMap((disk) => disk.parent_backup_id ?? [])),
]
