import { namedExecution } from '../../../drizzle/queries/execution-lists.js'
import { readableId } from '../../../drizzle/queries/readable-id.js'
import type { ApiContext } from '../../context.js'
import { takeStart } from '../../idempotent-start.js'
import type { WantedStart } from '../../idempotent-start.js'
import type { Caller } from '../../route.js'
import { toExecutionResponse } from '../../views/execution.js'
import { beginExecution } from './begin-execution.js'
import type { WantedExecution } from './begin-execution.js'
import { findExecution } from './find-execution.js'

interface StartCall {
  readonly context: ApiContext
  readonly caller: Caller
  readonly request: { get(name: string): string | undefined }
}

/** Begins an execution once for each Idempotency-Key, and answers 202 with it. */
export async function startExecution(
  call: StartCall,
  asked: Pick<WantedStart<never>, 'operation' | 'asked'>,
  flowName: string,
  wanted: Omit<WantedExecution, 'id'>,
) {
  const { context, caller } = call
  const start = await takeStart(call, {
    ...asked,
    newId: readableId('exec', flowName),
    find: (id) => namedExecution(context.db, id),
  })
  if (start.earlier === undefined)
    await beginExecution(context, caller, { ...wanted, id: start.id }).catch(async (error: unknown) => {
      await start.refused()
      throw error
    })
  const named = start.earlier ?? (await findExecution(context.db, start.id))
  const { id } = named.execution
  return {
    status: 202,
    body: toExecutionResponse(named),
    subject: id,
    headers: { location: `/api/v1/executions/${id}` },
  } as const
}
