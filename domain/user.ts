import { z } from 'zod'

export const roles = ['viewer', 'operator', 'admin'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const User = z.object({
  id: z.string(),
  username: z.string(),
  role: Role,
  must_change_password: z.boolean(),
})
export type User = z.infer<typeof User>
