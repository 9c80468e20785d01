import type { CookieOptions, Request } from 'express'

/** For the whole host, `/temporal/` too; out of reach of scripts and of other sites. Its end is the server's to say. */
export const cookieOptions = (request: Request): CookieOptions => ({
  httpOnly: true,
  sameSite: 'strict',
  secure: request.secure,
  path: '/',
})
