import { z } from 'zod'
import { Repository, RepositoryStorage, RepositoryType } from '../../domain/repository.js'
import { Id, Name, NumericIdParams, operation } from './operation.js'

/** Absolute and normalised: no `.`, `..`, empty part or trailing slash, so that one place has one spelling. */
const RepositoryPath = z
  .string()
  .max(700)
  .regex(/^[^\p{Cc}]*$/u, 'must not contain control characters')
  .refine((path) => path.startsWith('/'), 'must be absolute')
  .refine((path) => path !== '/', 'must not be the root directory')
  .refine((path) => !/^\/(proc|sys|dev)(\/|$)/.test(path), 'must not be below /proc, /sys or /dev')
  .refine(
    (path) =>
      path
        .slice(1)
        .split('/')
        .every((part) => part !== '' && part !== '.' && part !== '..'),
    'must be normalised: no empty part, "." or ".." and no slash at the end',
  )

/** `nfs` and `cifs` name a path that is mounted already. */
export const RepositoryRequest = z.strictObject({
  name: Name,
  repository_type: RepositoryType,
  path: RepositoryPath,
  enabled: z.boolean().default(true),
  /** To take over a directory that is a repository already: the `marker` in its marker file. Then rescan it. */
  marker: Id.optional(),
})
export type RepositoryRequest = z.input<typeof RepositoryRequest>

/** Changes what is given. Switched off, it takes no new backups; what it holds can be read, verified and deleted. */
export const RepositoryPatch = z.strictObject({ name: Name, enabled: z.boolean() }).partial()
export type RepositoryPatch = z.input<typeof RepositoryPatch>

export const RepositoryList = z.object({ repositories: z.array(Repository), total: z.int() })
export type RepositoryList = z.infer<typeof RepositoryList>

export const RescanAnswer = z.object({
  points_found: z.int(),
  points_restored: z.int(),
  /** One sentence for each point that was left out. */
  points_refused: z.array(z.string()),
})
export type RescanAnswer = z.infer<typeof RescanAnswer>

export const RescanRunning = z.object({ workflow_id: z.string(), status: z.literal('running') })
export type RescanRunning = z.infer<typeof RescanRunning>

export const listRepositories = operation({
  name: 'listRepositories',
  method: 'GET',
  path: '/repositories',
  summary: 'All repositories',
  tag: 'repositories',
  role: 'viewer',
  responses: { 200: RepositoryList },
})

export const createRepository = operation({
  name: 'createRepository',
  method: 'POST',
  path: '/repositories',
  summary: 'Registers a repository and writes its marker into the directory',
  tag: 'repositories',
  role: 'admin',
  body: RepositoryRequest,
  responses: { 201: Repository },
})

export const getRepository = operation({
  name: 'getRepository',
  method: 'GET',
  path: '/repositories/{id}',
  summary: 'One repository',
  tag: 'repositories',
  role: 'viewer',
  params: NumericIdParams,
  responses: { 200: Repository },
})

export const updateRepository = operation({
  name: 'updateRepository',
  method: 'PATCH',
  path: '/repositories/{id}',
  summary: 'Renames a repository, or switches it off and on',
  tag: 'repositories',
  role: 'admin',
  params: NumericIdParams,
  body: RepositoryPatch,
  responses: { 200: Repository },
})

export const deleteRepository = operation({
  name: 'deleteRepository',
  method: 'DELETE',
  path: '/repositories/{id}',
  summary: 'Forgets a repository without backups and flows; its directory stays',
  tag: 'repositories',
  role: 'admin',
  params: NumericIdParams,
  responses: { 204: null },
})

export const getRepositoryStorage = operation({
  name: 'getRepositoryStorage',
  method: 'GET',
  path: '/repositories/{id}/storage',
  summary: 'Room of a repository, measured now',
  tag: 'repositories',
  role: 'viewer',
  params: NumericIdParams,
  responses: { 200: RepositoryStorage },
})

export const rescanRepository = operation({
  name: 'rescanRepository',
  method: 'POST',
  path: '/repositories/{id}/rescan',
  summary: 'Reads all manifests and restores missing records; 202 when it takes longer than 60 seconds',
  tag: 'repositories',
  role: 'admin',
  params: NumericIdParams,
  responses: { 200: RescanAnswer, 202: RescanRunning },
})
