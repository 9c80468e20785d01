import { randomBytes } from 'node:crypto'

/** A name's letters and digits, for ids: `Prod DB (old)` → `prod-db-old`; at most 32 characters, never empty. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-+|-+$/g, '') || 'vm'

/** A readable id that is unique by chance alone: `ctx-pgtest1-7f3a9c2e`. */
export const readableId = (prefix: string, name: string): string =>
  `${prefix}-${slug(name)}-${randomBytes(4).toString('hex')}`
