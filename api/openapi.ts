import { z } from 'zod'
import { createDocument } from 'zod-openapi'
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi'
import * as backups from './contract/backups.js'
import { apiPrefix } from './contract/operation.js'
import type { Operation } from './contract/operation.js'
import { operations } from './contract/operations.js'
import { Problem } from './contract/problem.js'

const statusText: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Taken on; the work goes on',
  204: 'Done, nothing to say',
  206: 'Part of the content',
  503: 'A service is away',
}

/** The OpenAPI 3.1 document of every operation in the contract. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const entry of operations as readonly Operation[]) {
    const path = (paths[entry.path] ??= {})
    path[entry.method.toLowerCase()] = operationObject(entry)
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Sendense',
      version: '1',
      description:
        'Errors are RFC 9457 problem+json. With the session cookie, a mutation needs the header x-sendense-csrf: 1.',
    },
    servers: [{ url: apiPrefix }],
    tags: [...new Set(operations.map((entry) => entry.tag))].map((name) => ({ name })),
    security: [{ bearer: [] }, { session: [] }],
    paths: paths as ZodOpenApiPathsObject,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'sendense_session' },
      },
      schemas: { Problem, BackupJob: backups.BackupJob, BackupChain: backups.BackupChain },
    },
  })
}

const idempotentStarts = new Set(['startBackup', 'startBackupAlias', 'executeFlow', 'retryExecution'])

function operationObject(entry: Operation): ZodOpenApiOperationObject {
  const headers = idempotentStarts.has(entry.name)
    ? { header: z.object({ 'idempotency-key': z.string().max(255).optional() }) }
    : {}
  return {
    operationId: entry.name,
    summary: entry.summary,
    description: entry.role === 'open' ? 'Open to everybody.' : `Needs the role ${entry.role}.`,
    tags: [entry.tag],
    ...(entry.role === 'open' ? { security: [] } : {}),
    requestParams: {
      ...(entry.params === undefined ? {} : { path: entry.params }),
      ...(entry.query === undefined ? {} : { query: entry.query }),
      ...headers,
    },
    ...(entry.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: entry.body } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(entry.responses).map(([status, schema]) => [status, good(entry, status, schema)]),
      ),
      default: {
        description: 'What went wrong',
        content: { 'application/problem+json': { schema: Problem } },
      },
    },
  }
}

function good(
  entry: Operation,
  status: string,
  schema: z.ZodType | null,
): { description: string; content?: object } {
  const description = statusText[status] ?? 'Done'
  if (schema !== null) return { description, content: { 'application/json': { schema } } }
  if (entry.media === undefined) return { description }
  return { description, content: { [entry.media]: { schema: { type: 'string' } } } }
}
