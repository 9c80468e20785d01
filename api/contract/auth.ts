import { z } from 'zod'
import { User } from '../../domain/user.js'
import { operation } from './operation.js'

export const minPasswordLength = 12

export const LoginRequest = z.strictObject({
  username: z.string().min(1).max(128),
  password: z.string().min(1).max(1024),
})
export type LoginRequest = z.infer<typeof LoginRequest>

export const PublicUser = User.omit({ id: true })
export type PublicUser = z.infer<typeof PublicUser>

export const LoginAnswer = z.object({ token: z.string(), expires_at: z.iso.datetime(), user: PublicUser })
export type LoginAnswer = z.infer<typeof LoginAnswer>

export const PasswordRequest = z.strictObject({
  current_password: z.string().min(1).max(1024),
  new_password: z
    .string()
    .min(minPasswordLength, `must have at least ${minPasswordLength} characters`)
    .max(1024),
})
export type PasswordRequest = z.infer<typeof PasswordRequest>

/** `expires_at` is null for an API token without an end. */
export const Me = z.object({ user: PublicUser, expires_at: z.iso.datetime().nullable() })
export type Me = z.infer<typeof Me>

export const login = operation({
  name: 'login',
  method: 'POST',
  path: '/auth/login',
  summary: 'Opens a session; the answer sets the session cookie and carries the bearer token',
  tag: 'auth',
  role: 'open',
  body: LoginRequest,
  responses: { 200: LoginAnswer },
})

export const logout = operation({
  name: 'logout',
  method: 'POST',
  path: '/auth/logout',
  summary: 'Ends the session of this request',
  tag: 'auth',
  role: 'viewer',
  responses: { 204: null },
})

export const changePassword = operation({
  name: 'changePassword',
  method: 'POST',
  path: '/auth/password',
  summary: 'Changes the own password and ends every other session of the user',
  tag: 'auth',
  role: 'viewer',
  body: PasswordRequest,
  responses: { 200: Me },
})

export const me = operation({
  name: 'me',
  method: 'GET',
  path: '/auth/me',
  summary: 'Who is logged in',
  tag: 'auth',
  role: 'viewer',
  responses: { 200: Me },
})
