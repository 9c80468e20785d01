import type { Caller } from './route.js'
import { forgetStart, rememberStart } from '../drizzle/queries/idempotency.js'
import type { ApiContext } from './context.js'
import { ApiProblem } from './problem.js'
import { requestHash } from './request-hash.js'

export interface TakenStart<Started> {
  /** The id that what is started has, or will have. */
  readonly id: string
  /** What the same key started before: the answer is as it was then. */
  readonly earlier: Started | undefined
  /** Gives the key back when the start is refused, so that it may try again. */
  readonly refused: () => Promise<void>
}

export interface WantedStart<Started> {
  /** The operation's name and all that was asked of it: what a key may not be used for twice in different ways. */
  readonly operation: string
  readonly asked: unknown
  readonly newId: string
  readonly find: (id: string) => Promise<Started | undefined>
}

interface StartCall {
  readonly context: Pick<ApiContext, 'db'>
  readonly caller: Pick<Caller, 'user'>
  readonly request: { get(name: string): string | undefined }
}

/**
 * Honours `Idempotency-Key`. A start that was cut off before its row stood leaves its id behind, and the next try takes
 * the same id. Throws 422 when the key came with another request before.
 */
export async function takeStart<Started>(
  { context, caller, request }: StartCall,
  { operation, asked, newId, find }: WantedStart<Started>,
): Promise<TakenStart<Started>> {
  const key = keyOf(request)
  if (key === null) return { id: newId, earlier: undefined, refused: () => Promise.resolve() }
  const userId = caller.user.id
  const start = { userId, key, requestHash: requestHash(operation, asked), resourceId: newId }
  const remembered = await rememberStart(context.db, start)
  const refused = async (): Promise<void> => void (await forgetStart(context.db, userId, key))
  if (remembered.fresh) return { id: newId, earlier: undefined, refused }
  if (!remembered.sameRequest)
    throw new ApiProblem(
      422,
      'idempotency-mismatch',
      'This Idempotency-Key came with another request before',
      { remedy: 'Use a new key for a new request.' },
    )
  return { id: remembered.resourceId, earlier: await find(remembered.resourceId), refused }
}

function keyOf(request: StartCall['request']): string | null {
  const key = request.get('idempotency-key')
  if (key === undefined) return null
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ApiProblem(400, 'bad-request', 'Idempotency-Key must be 1 to 255 visible ASCII characters', {
    remedy: 'Use a UUID.',
  })
}
