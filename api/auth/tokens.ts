import { randomBytes } from 'node:crypto'

/** Hours a login lasts after its last use. */
const sessionHours = 12
export const sessionCookie = 'sendense_session'

/** A new bearer token: 256 random bits; the prefix lets secret scanners and people see what it is. */
export const newToken = (kind: 'session' | 'api'): string =>
  `${kind === 'session' ? 'sds' : 'sda'}_${randomBytes(32).toString('base64url')}`

export const isApiToken = (token: string): boolean => token.startsWith('sda_')

export const sessionEnd = (now: Date): string =>
  new Date(now.getTime() + sessionHours * 3_600_000).toISOString()
