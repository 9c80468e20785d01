import type { Backup } from '../../../domain/backup.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { forgetStart, rememberStart } from '../../../drizzle/queries/idempotency.js'
import { readableId } from '../../../drizzle/queries/readable-id.js'
import type { startBackup } from '../../contract/backups.js'
import { ApiProblem } from '../../problem.js'
import { requestHash } from '../../request-hash.js'
import type { Call } from '../../route.js'

export interface TakenStart {
  /** The id that the backup has, or will have. */
  readonly backupId: string
  /** The backup that the same key started before: the answer is as it was then. */
  readonly earlier: Backup | undefined
  /** Gives the key back when the start is refused, so that it may try again. */
  readonly refused: () => Promise<void>
}

type StartCall = Call<typeof startBackup>

/**
 * Honours `Idempotency-Key`. A start that was cut off before its row stood leaves its id behind, and the next try takes
 * the same id. Throws 422 when the key came with another request before.
 */
export async function takeStart(call: StartCall): Promise<TakenStart> {
  const { context, caller } = call
  const key = keyOf(call)
  const backupId = readableId('backup', nameIn(call.body))
  if (key === null) return { backupId, earlier: undefined, refused: () => Promise.resolve() }
  const userId = caller.user.id
  const requestHashHex = requestHash('startBackup', call.body)
  const start = { userId, key, requestHash: requestHashHex, resourceId: backupId }
  const remembered = await rememberStart(context.db, start)
  const refused = async (): Promise<void> => void (await forgetStart(context.db, userId, key))
  if (remembered.fresh) return { backupId, earlier: undefined, refused }
  if (!remembered.sameRequest)
    throw new ApiProblem(
      422,
      'idempotency-mismatch',
      'This Idempotency-Key came with another request before',
      {
        remedy: 'Use a new key for a new request.',
      },
    )
  const earlier = await backupById(context.db, remembered.resourceId)
  return { backupId: remembered.resourceId, earlier, refused }
}

/** The VM's name as far as the request tells it: ids of VM contexts hold it too. */
const nameIn = (body: StartCall['body']): string =>
  body.vm_name ?? (body.vm_context_id ?? '').replace(/^ctx-/, '').replace(/-[0-9a-f]{8}$/, '')

function keyOf(call: StartCall): string | null {
  const key = call.request.get('idempotency-key')
  if (key === undefined) return null
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ApiProblem(400, 'bad-request', 'Idempotency-Key must be 1 to 255 visible ASCII characters', {
    remedy: 'Use a UUID.',
  })
}
