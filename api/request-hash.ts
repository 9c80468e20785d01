import { createHash } from 'node:crypto'

/** A fingerprint of what was asked, whatever the order of its fields, for `Idempotency-Key`. */
export const requestHash = (operation: string, body: unknown): string =>
  createHash('sha256')
    .update(`${operation}\n${canonical(body)}`)
    .digest('hex')

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}
