import { timezoneProblem } from '../../../domain/rules/due-times.js'
import { timezoneName } from '../../../domain/rules/timezone-name.js'
import type { TransferLimit, TransferLimits } from '../../../domain/transfer-limits.js'
import { platformById } from '../../../drizzle/queries/platforms.js'
import type { Db } from '../../../drizzle/open.js'
import { transferLimitsMaxBytes, writeTransferLimits } from '../../../drizzle/queries/transfer-limits.js'
import { replaceTransferLimits } from '../../contract/transfer-limits.js'
import { unprocessable } from '../../problem.js'
import { route } from '../../route.js'

export const replaceTransferLimitsRoute = route(replaceTransferLimits, async ({ context, body }) => {
  await refuseUnknownPlatforms(context.db, body)
  const limits: TransferLimits = {
    process: withZone(body.process, 'process'),
    copy: withZone(body.copy, 'copy'),
    platforms: body.platforms.map((one, index) => withZone(one, `platforms.${index}`)),
  }
  if (Buffer.byteLength(JSON.stringify(limits)) > transferLimitsMaxBytes)
    throw unprocessable('platforms', 'have longer calendars than there is room for', 'Write fewer entries.')
  await writeTransferLimits(context.db, limits)
  // They are small and hold no secret: the record says who slowed what down.
  return { status: 200, body: limits, subject: 'transfer-limits', facts: { limits } }
})

/** With the zone's name in its usual form. Throws 422 for one that is not known. */
function withZone<Limit extends TransferLimit>(limit: Limit, path: string): Limit {
  if (limit.calendar === null) return limit
  const problem = timezoneProblem(limit.calendar.timezone)
  if (problem !== null) throw unprocessable(`${path}.calendar.timezone`, problem)
  return { ...limit, calendar: { ...limit.calendar, timezone: timezoneName(limit.calendar.timezone) } }
}

async function refuseUnknownPlatforms(db: Db, { platforms }: TransferLimits): Promise<void> {
  for (const [index, { platform_id: id }] of platforms.entries())
    if ((await platformById(db, id)) === undefined)
      throw unprocessable(
        `platforms.${index}.platform_id`,
        `names platform ${id}, which does not exist`,
        'Choose a platform of the list, or leave it out.',
      )
}
