import { randomBytes } from 'node:crypto'

/** An id without a name in it, for what has none: `discover-5e0d…`, 64 random bits. */
export const randomId = (kind: string): string => `${kind}-${randomBytes(8).toString('hex')}`
