import type { AnswerOf, BodyInput, Operation, QueryInput } from '../../api/contract/operation.js'
import { apiPrefix } from '../../api/contract/operation.js'
import type { ApiProblem } from './api-problem.js'
import { answerUnreadable, problemOf, unreachable } from './api-problem.js'

/** What an operation is called with. `params` fill `{name}` in its path. */
export interface ApiRequest<O extends Operation> {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: QueryInput<O>
  readonly body?: BodyInput<O>
  /** Makes a repeated start answer with the first one's job. */
  readonly idempotencyKey?: string
}

/**
 * Calls one operation of the contract with the session cookie and answers with its parsed body.
 * Throws `ApiProblem` for every error, also for an API that is away or answers against the contract.
 */
export const callApi = async <O extends Operation>(
  entry: O,
  request: ApiRequest<O> = {},
  signal?: AbortSignal,
): Promise<AnswerOf<O>> => {
  const response = await send(entry, request, signal)
  if (!response.ok && !(response.status in entry.responses)) throw await readProblem(response)
  const schema = entry.responses[response.status]
  if (schema === undefined) throw answerUnreadable(entry, `status ${response.status} is not in the contract`)
  if (schema === null) return undefined as AnswerOf<O>
  const parsed = schema.safeParse(await readJson(response))
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw answerUnreadable(entry, `${first?.path.join('.') ?? ''} ${first?.message ?? ''}`.trim())
  }
  return parsed.data as AnswerOf<O>
}

/** The operation's address, parameters filled in and encoded; queries that are undefined are left out. */
export const urlOf = (
  entry: Operation,
  params: Readonly<Record<string, string | number>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string => {
  const path = entry.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new TypeError(`${entry.name} needs the parameter ${name}`)
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value))
  return `${apiPrefix}${path}${search.size === 0 ? '' : `?${search.toString()}`}`
}

const send = async <O extends Operation>(
  entry: O,
  request: ApiRequest<O>,
  signal: AbortSignal | undefined,
): Promise<Response> => {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (entry.method !== 'GET') headers['x-sendense-csrf'] = '1'
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey
  try {
    return await fetch(urlOf(entry, request.params, request.query ?? {}), {
      method: entry.method,
      credentials: 'same-origin',
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    // An aborted query is not a failure: TanStack Query knows its own signal.
    if (signal?.aborted) throw error
    throw unreachable(error)
  }
}

const readJson = async (response: Response): Promise<unknown> => {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

const readProblem = async (response: Response): Promise<ApiProblem> =>
  problemOf(response.status, await readJson(response))
