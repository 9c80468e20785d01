import type { QueryClient } from '@tanstack/react-query'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { AnswerOf, BodyInput, Operation, QueryInput } from '../../api/contract/operation.js'
import type { ApiRequest } from './api.js'
import { callApi } from './api.js'

type Asked<O extends Operation> = Pick<ApiRequest<O>, 'params' | 'query'>

/** The cache key of a call: the operation's name first, so that `[entry.name]` names all its answers. */
export const keyOf = <O extends Operation>(entry: O, { params = {}, query }: Asked<O> = {}) =>
  [entry.name, 'one', params, query ?? {}] as const

/** The cache key of a list that is read page by page; `params` stand in its path. */
export const pagesKeyOf = <O extends Operation>(
  entry: O,
  filter: object = {},
  params: ApiRequest<O>['params'] = {},
) => [entry.name, 'pages', filter, params] as const

/** Query options of one operation: key, call and abort signal. */
export const apiQuery = <O extends Operation>(entry: O, asked: Asked<O> = {}) =>
  queryOptions({
    queryKey: keyOf(entry, asked),
    queryFn: ({ signal }): Promise<AnswerOf<O>> => callApi(entry, asked, signal),
  })

/** Query options of a POST that only looks: a preview of what is not saved yet. */
export const apiPreview = <O extends Operation>(entry: O, body: BodyInput<O>) =>
  queryOptions({
    queryKey: [entry.name, 'one', body] as const,
    queryFn: ({ signal }): Promise<AnswerOf<O>> => callApi(entry, { body }, signal),
  })

/** Query options of a list with `next_cursor`. */
export const apiPages = <O extends Operation>(
  entry: O,
  filter: QueryInput<O> & object,
  params: ApiRequest<O>['params'] = {},
) =>
  infiniteQueryOptions({
    queryKey: pagesKeyOf(entry, filter, params),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      callApi(
        entry,
        { params, query: { ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        signal,
      ) as Promise<AnswerOf<O> & { next_cursor: string | null }>,
    getNextPageParam: (last) => last.next_cursor,
  })

/** Makes every answer of these operations old: what is shown is asked again. */
export const askAgainFor = (client: QueryClient, entries: readonly Operation[]): void => {
  for (const { name } of entries) void client.invalidateQueries({ queryKey: [name] })
}
