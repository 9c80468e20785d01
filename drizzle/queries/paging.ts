import { and, desc, eq, lt, lte, or, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core'
import { Failure } from '../../domain/failure.js'
import type { Db } from '../open.js'

export interface Page {
  /** Rows wanted, 1 to 500. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Paged<Row> {
  readonly rows: Row[]
  /** Opaque; null on the last page. */
  readonly next_cursor: string | null
  /** Exact to 10,000. */
  readonly total: number
  readonly total_is_capped: boolean
}

/** The columns a list is ordered by, newest first; together they name one row. */
export interface PageKey {
  readonly createdAt: MySqlColumn
  readonly id: MySqlColumn
}

const totalCap = 10_000
const maxLimit = 500

const badCursor = (): Failure =>
  new Failure('bad-request', 'The cursor is not one that a list of ours gave out', {
    retry: false,
    remedy: 'Leave the cursor out to begin at the first page.',
  })

type Position = readonly [createdAt: string, id: string | number]

const readCursor = (cursor: string): Position => {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw badCursor()
  }
  if (!Array.isArray(value) || value.length !== 2) throw badCursor()
  const [createdAt, id] = value as unknown[]
  if (typeof createdAt !== 'string' || Number.isNaN(Date.parse(createdAt))) throw badCursor()
  if (typeof id !== 'string' && typeof id !== 'number') throw badCursor()
  return [createdAt, id]
}

/** The opaque mark after a row. */
const cursorAfter = (createdAt: string, id: string | number): string =>
  Buffer.from(JSON.stringify([createdAt, id])).toString('base64url')

/** Rows after the cursor. The first half bounds the index range; a row comparison `(a,b) < (?,?)` would not. */
const afterCursor = (key: PageKey, cursor: string | undefined): SQL | undefined => {
  if (cursor === undefined) return undefined
  const [createdAt, id] = readCursor(cursor)
  return and(
    lte(key.createdAt, createdAt),
    or(lt(key.createdAt, createdAt), and(eq(key.createdAt, createdAt), lt(key.id, id))),
  )
}

const cappedTotal = async (db: Db, table: MySqlTable, where: SQL | undefined): Promise<number> => {
  const some = db
    .select({ one: sql`1`.as('one') })
    .from(table)
    .where(where)
    .limit(totalCap + 1)
    .as('some')
  const [row] = await db.select({ total: sql<number>`count(*)`.mapWith(Number) }).from(some)
  return row?.total ?? 0
}

interface PageSource<Row> {
  readonly table: MySqlTable
  readonly key: PageKey
  readonly where: SQL | undefined
  readonly page: Page
  readonly positionOf: (row: Row) => Position
  /** Selects the rows with this condition, order and limit. */
  readonly select: (where: SQL | undefined, orderBy: SQL[], limit: number) => PromiseLike<Row[]>
}

/** One page of a list, newest first. Throws Failure('bad-request') for a cursor that is not ours. */
export const pageOf = async <Row>(db: Db, source: PageSource<Row>): Promise<Paged<Row>> => {
  const limit = Math.min(Math.max(Math.trunc(source.page.limit), 1), maxLimit)
  const after = afterCursor(source.key, source.page.cursor)
  const found = await source.select(
    and(source.where, after),
    [desc(source.key.createdAt), desc(source.key.id)],
    limit + 1,
  )
  const total = await cappedTotal(db, source.table, source.where)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return {
    rows,
    next_cursor: more ? cursorAfter(...source.positionOf(last)) : null,
    total: Math.min(total, totalCap),
    total_is_capped: total > totalCap,
  }
}
