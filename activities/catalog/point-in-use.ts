import type { PinPurpose } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { backupOfRun } from '../../drizzle/queries/backups.js'
import type { Pin } from '../../drizzle/queries/pins.js'

/** Says which point is held longest, by whom, since when, and what to wait for. */
export const pointInUse = async (db: Db, pins: readonly Pin[]): Promise<Failure> => {
  // A reader that has just left is not what is waited for while somebody else stays.
  const [pin, ...others] = pins.toSorted((a, b) => (b.leftMs ?? Infinity) - (a.leftMs ?? Infinity) || 0)
  if (pin === undefined) throw new Error('a point in use is used by somebody')
  const { backupId, purpose, expiresAt } = pin
  const user = (await userOf(db, pin)) ?? pin.owner
  const besides = others.length === 0 ? '' : `; ${others.length} more hold it or points beside it`
  return new Failure('point-in-use', `Point ${backupId} is in use: ${whatFor[purpose](user)}${besides}`, {
    retry: false,
    facts: { backup_id: backupId, purpose, owner: user, since: pin.since, until: expiresAt },
    remedy: untilWhen[purpose](user, expiresAt),
  })
}

const whatFor: Readonly<Record<PinPurpose, (user: string) => string>> = {
  base: (user) => `the running backup ${user} is stored over it`,
  read: () => 'its content is being read',
  verify: (user) => `it is being verified (${user})`,
  delete: (user) => `it is being deleted (${user})`,
}

const untilWhen: Readonly<Record<PinPurpose, (user: string, expiresAt: string | null) => string>> = {
  base: (user) => `Wait until ${user} has ended, or cancel it.`,
  read: (_, expiresAt) =>
    `Wait until the download has ended${expiresAt === null ? '' : `; without one the point is free at ${expiresAt}`}.`,
  verify: () => 'Wait until the verification has ended.',
  delete: () => 'Wait until that has ended.',
}

/** The backup whose run it is; a workflow's id names only the VM. */
const userOf = async (db: Db, { purpose, runId }: Pin): Promise<string | undefined> =>
  purpose === 'base' && runId !== null ? (await backupOfRun(db, runId))?.id : undefined
