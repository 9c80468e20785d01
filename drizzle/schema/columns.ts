import { bigint, customType } from 'drizzle-orm/mysql-core'

// The collation stands in every column, because the database may have been made by somebody else:
// names and ids are compared byte by byte (case and accents count), whatever the server's default is.
const exact = 'character set utf8mb4 collate utf8mb4_bin'

/** A string of at most `length` characters, compared exactly. */
export const exactText = (length: number) =>
  customType<{ data: string; driverData: string }>({ dataType: () => `varchar(${length}) ${exact}` })

/** Our readable ids, `VARCHAR(64)`. */
export const idText = exactText(64)
export const nameText = exactText(255)

/** Up to 64 KiB of text (reasons, messages). */
export const longText = customType<{ data: string; driverData: string }>({ dataType: () => `text ${exact}` })

const toSqlTime = (iso: string): string => new Date(iso).toISOString().slice(0, 23).replace('T', ' ')
const toIsoTime = (text: string): string => {
  const [seconds, fraction = ''] = text.split('.')
  return `${seconds?.replace(' ', 'T')}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
}

/** A moment: ISO 8601 UTC with milliseconds outside, `datetime(3)` in UTC inside; always given by the code. */
export const moment = customType<{ data: string; driverData: string }>({
  dataType: () => 'datetime(3)',
  toDriver: toSqlTime,
  fromDriver: toIsoTime,
})

/** An object or array. MariaDB hands JSON back parsed or as text, depending on how it was selected. */
export const json = <Shape extends object>() =>
  customType<{ data: Shape; driverData: unknown }>({
    dataType: () => 'json',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => (typeof value === 'string' ? JSON.parse(value) : value) as Shape,
  })

/** A number of bytes; below 2^53, so a JavaScript number. */
export const bytes = (name: string) => bigint(name, { mode: 'number' })

/** A zod enum's options in the form that `mysqlEnum` wants. */
export const oneOf = <Value extends string>(options: readonly Value[]) =>
  options as readonly [Value, ...Value[]]
