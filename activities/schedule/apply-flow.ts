import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client'
import type { Client, ScheduleDescription } from '@temporalio/client'
import { scheduleIds } from '../../domain/rules/names.js'
import { markSynced, scheduledFlowById, writeSyncError } from '../../drizzle/queries/flow-schedules.js'
import type { ScheduledFlow } from '../../drizzle/queries/flow-schedules.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { Failure } from '../../domain/failure.js'
import { toFailure } from '../failure.js'
import type { ScheduleDependencies } from './dependencies.js'
import { isAsWanted, ownerOf, wantedSchedule } from './flow-schedule.js'

/** What had to be done to Temporal's schedule. `foreign`: another installation's or program's stands there. */
export type Applied = 'nothing' | 'created' | 'updated' | 'removed' | 'foreign'

/** Somebody edits the flow all the time: the next round goes on. */
const mostRounds = 20

/**
 * Lets Temporal's schedule follow a flow's row, and looks again until the row is still the one that was applied: of
 * several who apply at the same moment the last one sees the newest row. Safe to run twice. Throws what Temporal
 * refuses, after writing it into the row.
 */
export async function applyFlow(
  { db, client }: Pick<ScheduleDependencies, 'db' | 'client'>,
  flowId: string,
): Promise<{ readonly applied: Applied; readonly isSettled: boolean }> {
  const installation = await installationId(db)
  let applied: Applied = 'nothing'
  for (let round = 0; round < mostRounds; round++) {
    const scheduled = await scheduledFlowById(db, flowId)
    const did = await applyOnce(client, flowId, scheduled, installation).catch(async (error: unknown) => {
      const failure = scheduleFailure(error)
      if (scheduled) await writeSyncError(db, scheduled.flow, failure.message)
      throw failure
    })
    if (did !== 'nothing') applied = did
    if (scheduled === undefined || (await markSynced(db, scheduled.flow))) return { applied, isSettled: true }
  }
  return { applied, isSettled: false }
}

async function applyOnce(
  client: Client,
  flowId: string,
  scheduled: ScheduledFlow | undefined,
  installation: string,
): Promise<Applied> {
  const wanted = scheduled && wantedSchedule(scheduled, installation)
  const handle = client.schedule.getHandle(scheduleIds.flow(flowId))
  const found = await describe(client, flowId)
  const owner = found === null ? null : ownerOf(found.memo)
  const isOurs = owner === installation
  if (!wanted) {
    if (found === null) return 'nothing'
    if (!isOurs && mayBeAnothers(scheduled, owner)) return 'foreign'
    await handle.delete().catch(unlessGone)
    return 'removed'
  }
  if (owner !== null && !isOurs) throw notOurs(flowId)
  if (found !== null && !isOurs) await handle.delete().catch(unlessGone)
  else if (found !== null) {
    if (isAsWanted(wanted, found)) return 'nothing'
    const { scheduleId: _, memo: __, ...update } = wanted
    await handle.update(() => ({ ...update, state: update.state ?? {} }))
    return 'updated'
  }
  try {
    await client.schedule.create(wanted)
    return 'created'
  } catch (error) {
    // Somebody else has made it just now, perhaps of an older row.
    if (error instanceof ScheduleAlreadyRunning)
      return await applyOnce(client, flowId, scheduled, installation)
    throw error
  }
}

async function describe(client: Client, flowId: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(scheduleIds.flow(flowId)).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    throw error
  }
}

/** A flow that never was may be another installation's, and so may one of ours whose database was copied. */
const mayBeAnothers = (scheduled: ScheduledFlow | undefined, owner: string | null): boolean =>
  scheduled === undefined || owner !== null

const notOurs = (flowId: string): Failure =>
  new Failure('conflict', `The schedule of flow ${flowId} in Temporal belongs to another installation`, {
    retry: false,
    remedy:
      'Give each installation a Temporal namespace of its own: was this database copied from the other?',
  })

const unlessGone = (error: unknown): void => {
  if (!(error instanceof ScheduleNotFoundError)) throw error
}

function scheduleFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const known = toFailure(error)
  if (known.code !== 'internal') return known
  const said = error instanceof Error ? error.message.slice(0, 200) : 'no reason'
  return new Failure('service-unavailable', `Temporal did not take the schedule: ${said}`, {
    retry: true,
    remedy: 'Check that Temporal runs; the schedule follows by itself when it answers.',
    cause: error,
  })
}
