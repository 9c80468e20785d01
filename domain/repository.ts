import { z } from 'zod'

export const repositoryTypes = ['local', 'nfs', 'cifs'] as const
export const RepositoryType = z.enum(repositoryTypes)
export type RepositoryType = z.infer<typeof RepositoryType>

/** Where backups live. `marker` is the id written into the repository's own marker file, checked before each run. */
export const Repository = z.object({
  id: z.number().int(),
  name: z.string(),
  repository_type: RepositoryType,
  path: z.string(),
  marker: z.string(),
  enabled: z.boolean(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type Repository = z.infer<typeof Repository>

export const RepositoryStorage = z.object({
  total_bytes: z.number(),
  used_bytes: z.number(),
  free_bytes: z.number(),
  reserved_bytes: z.number(),
})
export type RepositoryStorage = z.infer<typeof RepositoryStorage>
