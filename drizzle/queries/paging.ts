import { and, asc, desc, eq, gt, gte, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
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

/** The columns a list is ordered by, newest first, unless it has an order of its own; together they name one row. */
export interface PageKey {
  readonly createdAt: MySqlColumn
  readonly id: MySqlColumn
}

/** Another order than newest first; rows without a value come last in either direction. */
export interface PageOrder {
  readonly by: MySqlColumn
  readonly direction: 'asc' | 'desc'
  readonly kind: 'moment' | 'text'
  readonly nullable: boolean
  /** No two rows have the same: then its index alone gives the order, and the id behind it would make a sort. */
  readonly unique?: boolean
}

const totalCap = 10_000
const maxLimit = 500

const badCursor = (): Failure =>
  new Failure('bad-request', 'The cursor is not one that a list of ours gave out', {
    retry: false,
    remedy: 'Leave the cursor out to begin at the first page.',
  })

type Position = readonly [value: string | null, id: string | number]

/** A list in another order is another list: its cursors say so. */
const markOf = (order: PageOrder | undefined): string =>
  order === undefined ? '' : `${order.by.name} ${order.direction}`

const readCursor = (cursor: string, order: PageOrder | undefined): Position => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw badCursor()
  }
  if (!Array.isArray(parsed)) throw badCursor()
  const [value, id, mark = ''] = parsed as unknown[]
  if (mark !== markOf(order)) throw badCursor()
  if (typeof id !== 'string' && typeof id !== 'number') throw badCursor()
  if (value === null && order?.nullable === true) return [null, id]
  if (typeof value !== 'string') throw badCursor()
  if (order?.kind !== 'text' && Number.isNaN(Date.parse(value))) throw badCursor()
  return [value, id]
}

/** The opaque mark after a row. */
const cursorAfter = ([value, id]: Position, order: PageOrder | undefined): string =>
  Buffer.from(JSON.stringify(order === undefined ? [value, id] : [value, id, markOf(order)])).toString(
    'base64url',
  )

/** Rows after the cursor. The first half bounds the index range; a row comparison `(a,b) < (?,?)` would not. */
const beyond = (
  { by, direction, unique }: PageOrder,
  key: PageKey,
  [value, id]: Position,
): SQL | undefined => {
  if (value === null) return direction === 'desc' ? lt(key.id, id) : gt(key.id, id)
  if (unique === true) return direction === 'desc' ? lt(by, value) : gt(by, value)
  return direction === 'desc'
    ? and(lte(by, value), or(lt(by, value), and(eq(by, value), lt(key.id, id))))
    : and(gte(by, value), or(gt(by, value), and(eq(by, value), gt(key.id, id))))
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
  readonly order?: PageOrder | undefined
  readonly positionOf: (row: Row) => Position
  /** Selects the rows with this condition, order and limit. */
  readonly select: (where: SQL | undefined, orderBy: SQL[], limit: number) => PromiseLike<Row[]>
}

/** One page of a list, newest first. Throws Failure('bad-request') for a cursor that is not ours. */
export const pageOf = async <Row>(db: Db, source: PageSource<Row>): Promise<Paged<Row>> => {
  const limit = Math.min(Math.max(Math.trunc(source.page.limit), 1), maxLimit)
  const [found, total] = await Promise.all([
    rowsAfter(source, limit + 1),
    cappedTotal(db, source.table, source.where),
  ])
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const more = found.length > limit && last !== undefined
  return {
    rows,
    next_cursor: more ? cursorAfter(source.positionOf(last), source.order) : null,
    total: Math.min(total, totalCap),
    total_is_capped: total > totalCap,
  }
}

/** Those with a value and those without are two reads: so each follows an index, and none sorts the whole table. */
const rowsAfter = async <Row>(source: PageSource<Row>, wanted: number): Promise<Row[]> => {
  const { key, where, page } = source
  const order = source.order ?? newestFirst(key)
  const after = page.cursor === undefined ? undefined : readCursor(page.cursor, source.order)
  const sorted = order.direction === 'desc' ? desc : asc
  const beyondCursor = after && beyond(order, key, after)
  if (!order.nullable) {
    const orderBy = [sorted(order.by), ...(order.unique === true ? [] : [sorted(key.id)])]
    return await source.select(and(where, beyondCursor), orderBy, wanted)
  }
  const isAmongNulls = after !== undefined && after[0] === null
  const withValue = isAmongNulls
    ? []
    : await source.select(
        and(where, isNotNull(order.by), beyondCursor),
        [sorted(order.by), sorted(key.id)],
        wanted,
      )
  if (withValue.length === wanted) return withValue
  const without = await source.select(
    and(where, isNull(order.by), isAmongNulls ? beyondCursor : undefined),
    [sorted(key.id)],
    wanted - withValue.length,
  )
  return [...withValue, ...without]
}

const newestFirst = (key: PageKey): PageOrder => ({
  by: key.createdAt,
  direction: 'desc',
  kind: 'moment',
  nullable: false,
})
