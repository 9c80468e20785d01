import { z } from 'zod'
import type { Role } from '../../domain/user.js'

/** Every path of the contract stands under this prefix. */
export const apiPrefix = '/api/v1'

/** Who may call: a role and all above it (viewer < operator < admin), or `open` to everybody. */
export type Access = Role | 'open'

/**
 * One operation of the API: what the server registers, the OpenAPI document lists and the page calls.
 * `path` writes parameters as `{name}`. `responses` lists the good answers only; every error is a `Problem`.
 * A response of `null` has no body. `media` names the type of a body that is not JSON.
 */
export interface Operation {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly role: Access
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly responses: Readonly<Record<number, z.ZodType | null>>
  readonly media?: string
}

/** Keeps the literal types of an operation. */
export const operation = <const O extends Operation>(entry: O): O => entry

type Out<T> = T extends z.ZodType ? z.output<T> : undefined
type In<T> = T extends z.ZodType ? z.input<T> : undefined

/** What a handler receives after validation. */
export type ParamsOf<O extends Operation> = Out<O['params']>
export type QueryOf<O extends Operation> = Out<O['query']>
export type BodyOf<O extends Operation> = Out<O['body']>
/** What a caller sends. */
export type QueryInput<O extends Operation> = In<O['query']>
export type BodyInput<O extends Operation> = In<O['body']>
/** The union of all good answers' bodies. */
export type AnswerOf<O extends Operation> = {
  [S in keyof O['responses']]: Out<O['responses'][S]>
}[keyof O['responses']]

/** Our ids are made in code and readable; what does not look like one is refused with 400, not looked up. */
export const Id = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be an id: 1 to 64 letters, digits, dots, dashes or underscores',
  )
export const IdParams = z.object({ id: Id })

/** Numeric ids come as numbers in flows and as strings in backup jobs: both are taken. */
export const NumericId = z
  .union([z.int(), z.string().regex(/^[0-9]{1,10}$/)], 'must be a number')
  .transform(Number)
  .pipe(z.int('must be a number').min(1).max(2_147_483_647))
export const NumericIdParams = z.object({ id: NumericId })

export const Name = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')

/** What people write about a thing: lines of text. */
export const Description = z
  .string()
  .max(4000)
  .regex(/^(?:[\t\r\n]|[^\p{Cc}\p{Cs}])*$/u, 'must not contain control characters')

/** Lists page by key: pass `next_cursor` of the last answer as `cursor`. */
export const Paging = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(512).optional(),
})
/** `total` is exact up to 10,000; beyond it `total_is_capped` is true. `next_cursor` is null on the last page. */
export const PageFields = {
  total: z.int().min(0),
  total_is_capped: z.boolean().optional(),
  next_cursor: z.string().nullable(),
}
