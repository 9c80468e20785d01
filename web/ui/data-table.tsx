import { Table, TableBody, TableCell, TableHead, TableHeadCell, TableRow } from 'flowbite-react'
import type { ReactNode } from 'react'

export interface Column<T> {
  readonly header: string
  /** What stands in the head instead of the words of `header`. */
  readonly head?: ReactNode
  /** Of columns that can be sorted by. */
  readonly sorted?: 'ascending' | 'descending' | 'none'
  readonly cell: (row: T) => ReactNode
  readonly isNumeric?: boolean
  /** Left out where there is little room. */
  readonly isSecondary?: boolean
}

/** Rows with a caption for screen readers. `selectedKey` marks the row that the context panel shows. */
export const DataTable = <T,>({
  caption,
  columns,
  rows,
  rowKey,
  selectedKey,
}: {
  caption: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  rowKey: (row: T) => string
  selectedKey?: string | undefined
}) => (
  <div className="@container overflow-x-auto rounded-lg border border-gray-700">
    <Table>
      <caption className="sr-only">{caption}</caption>
      <TableHead>
        <TableRow>
          {columns.map((column) => (
            <TableHeadCell
              key={column.header}
              scope="col"
              aria-sort={column.sorted}
              className={`${cellClass(column)} ${column.isNumeric ? 'text-right' : ''}`}
            >
              {column.head ?? column.header}
            </TableHeadCell>
          ))}
        </TableRow>
      </TableHead>
      <TableBody className="divide-y divide-gray-700">
        {rows.map((row) => (
          <TableRow
            key={rowKey(row)}
            aria-current={rowKey(row) === selectedKey ? 'true' : undefined}
            className={rowKey(row) === selectedKey ? 'bg-blue-950/60' : 'bg-gray-800 hover:bg-gray-700/60'}
          >
            {columns.map((column) => (
              <TableCell
                key={column.header}
                className={`${cellClass(column)} ${column.isNumeric ? 'text-right tabular-nums whitespace-nowrap' : ''}`}
              >
                {column.cell(row)}
              </TableCell>
            ))}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  </div>
)

const cellClass = ({ isSecondary }: { isSecondary?: boolean }): string =>
  ['px-3 py-3 align-middle first:pl-4 last:pr-4', isSecondary ? 'hidden @4xl:table-cell' : ''].join(' ')
