import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { User } from '../domain/user.js'
import type { ApiContext } from './context.js'
import type { BodyOf, Operation, ParamsOf, QueryOf } from './contract/operation.js'

/** Who calls, and how they proved it. */
export interface Caller {
  readonly user: User
  readonly via: 'cookie' | 'bearer'
  /** The session's own token; null for an API token. Never logged, never sent. */
  readonly sessionToken: string | null
  readonly expiresAt: string | null
}

/** One validated call of an operation. Only operations of role `open` have no caller. */
export interface Call<O extends Operation> {
  readonly context: ApiContext
  readonly params: ParamsOf<O>
  readonly query: QueryOf<O>
  readonly body: BodyOf<O>
  readonly caller: O['role'] extends 'open' ? Caller | null : Caller
  readonly request: Request
  readonly response: Response
}

export type AuditFacts = Readonly<Record<string, unknown>>

type ReplyBody<T> = T extends z.ZodType ? z.output<T> : null

/**
 * One of the operation's good answers. `subject` is what the audit record names when the path does not, `facts` what it
 * tells besides: ids, never a secret.
 */
export type Reply<O extends Operation> =
  | {
      [S in keyof O['responses']]: {
        readonly status: S
        readonly body: ReplyBody<O['responses'][S]>
        readonly subject?: string
        readonly facts?: AuditFacts
        readonly headers?: Readonly<Record<string, string>>
      }
    }[keyof O['responses']]
  | typeof streamed

/** The handler has written the answer itself (events, disk content). */
export const streamed: unique symbol = Symbol('streamed')

export type Handler<O extends Operation> = (call: Call<O>) => Promise<Reply<O>>

/** An operation and what answers it. */
export interface Route {
  readonly operation: Operation
  readonly handle: (call: Call<Operation>) => Promise<AnyReply>
}
export type AnyReply =
  | {
      readonly status: number
      readonly body: unknown
      readonly subject?: string
      readonly facts?: AuditFacts
      readonly headers?: Readonly<Record<string, string>>
    }
  | typeof streamed

// The one place where the operation's own types are given up: from here on validation stands for them.
export const route = <O extends Operation>(operation: O, handler: NoInfer<Handler<O>>): Route => ({
  operation,
  handle: handler as unknown as Route['handle'],
})

/** The same answer under another path. */
export const aliasOf = (main: Route, operation: Operation): Route => ({ operation, handle: main.handle })
