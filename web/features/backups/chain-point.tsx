import { Button } from 'flowbite-react'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import { formatCount, formatTime } from '../../lib/format.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { RailTone } from '../../ui/rail.js'
import { Rail } from '../../ui/rail.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import type { PointRow } from './chain-view.js'
import { isLost, momentOf } from './chain-view.js'

/** One point: what it holds, why it is as it is, what it stands on and what stands on it. */
export const ChainPoint = ({
  row,
  lanes,
  isCurrent,
  isNewest,
  onDelete,
}: {
  row: PointRow
  lanes: number
  isCurrent: boolean
  isNewest: boolean
  onDelete: (() => void) | undefined
}) => {
  const { job, disk, neededBy } = row
  const moment = momentOf(job)
  return (
    <li
      aria-current={isCurrent ? 'true' : undefined}
      className={`flex gap-3 px-4 ${isCurrent ? 'bg-blue-950/60' : ''}`}
    >
      <Rail row={row.rail} lanes={lanes} tone={toneOf(row, isCurrent)} isRoot={disk.stored_as === 'root'} />
      <div className="min-w-0 flex-1 py-3.5">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
              <PointName job={job} isCurrent={isCurrent} />
              <span className="text-sm text-gray-300">{job.backup_type}</span>
              <Tags row={row} isCurrent={isCurrent} isNewest={isNewest} />
            </div>
            <p className="text-xs [overflow-wrap:anywhere] text-gray-400">{job.id}</p>
          </div>
          <div className="flex shrink-0 flex-wrap items-center justify-end gap-3 text-sm text-gray-300">
            <span className="whitespace-nowrap">
              stored <BytesText bytes={disk.bytes_stored} />, read <BytesText bytes={disk.bytes_read} />
            </span>
            {neededBy.length === 0 && onDelete && (
              <Button
                size="xs"
                color="alternative"
                aria-label={`Delete the point of ${formatTime(moment)}`}
                onClick={onDelete}
              >
                Delete
              </Button>
            )}
          </div>
        </div>
        <dl className="mt-2 grid grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm @4xl:grid-cols-[5.5rem_minmax(0,1fr)_5.5rem_minmax(0,1fr)]">
          <Line name="Read">
            <Decision what={disk.read_mode} why={disk.read_reason} />
          </Line>
          <Line name="Stored as">
            <Decision what={disk.stored_as} why={disk.stored_reason} />
          </Line>
          <Line name="Stands on">
            <StandsOn row={row} />
          </Line>
          <Line name="Needed by">
            <NeededBy ids={neededBy} />
          </Line>
        </dl>
        <Findings row={row} />
      </div>
    </li>
  )
}

const toneOf = (row: PointRow, isCurrent: boolean): RailTone => {
  if (isLost(row)) return 'bad'
  if (row.isSuspect) return 'doubtful'
  return isCurrent ? 'current' : 'plain'
}

const PointName = ({ job, isCurrent }: { job: BackupJob; isCurrent: boolean }) => {
  const time = <TimeText iso={momentOf(job)} />
  return (
    <span className="font-medium text-white">
      {isCurrent ? (
        time
      ) : (
        <Link to={`/backups/${job.id}`} className="text-blue-400 hover:underline">
          {time}
          <span className="sr-only">, details of backup {job.id}</span>
        </Link>
      )}
    </span>
  )
}

const Tags = ({
  row: { job, disk, standsOnDamaged, isSuspect },
  isCurrent,
  isNewest,
}: {
  row: PointRow
  isCurrent: boolean
  isNewest: boolean
}) => (
  <span className="flex flex-wrap items-center gap-1.5">
    {isCurrent && <Mark>this one</Mark>}
    {isNewest && <Mark>newest</Mark>}
    {job.verify_result === 'good' && <StatusTag tone="good">verified</StatusTag>}
    {job.verify_result === 'damaged' && <StatusTag tone="bad">damaged</StatusTag>}
    {standsOnDamaged && <StatusTag tone="bad">stands on a damaged point</StatusTag>}
    {disk.audit_result === 'agrees' && <StatusTag tone="good">audit agrees</StatusTag>}
    {disk.audit_result === 'differs' && <StatusTag tone="warning">audit differs</StatusTag>}
    {isSuspect && <StatusTag tone="warning">suspect</StatusTag>}
  </span>
)

/** Says which one it is; states have tags with icons. */
const Mark = ({ children }: { children: string }) => (
  <span className="rounded border border-gray-500 px-1.5 py-px text-xs whitespace-nowrap text-gray-200">
    {children}
  </span>
)

const Line = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-gray-400">{name}</dt>
    <dd className="min-w-0 text-gray-200 [overflow-wrap:anywhere]">{children}</dd>
  </>
)

const Decision = ({ what, why }: { what: string; why: string }) => (
  <>
    <span className="text-gray-100">{what}</span>
    <span className="text-gray-400">: {why}</span>
  </>
)

const StandsOn = ({ row: { disk, parent } }: { row: PointRow }) => {
  if (disk.parent_backup_id === null) return 'nothing: it begins the chain'
  if (parent === undefined)
    return <span className="text-red-300">{disk.parent_backup_id}, which is not in the catalogue</span>
  return (
    <>
      the {parent.backup_type} of <TimeText iso={momentOf(parent)} />
    </>
  )
}

const NeededBy = ({ ids }: { ids: readonly string[] }) =>
  ids.length === 0 ? (
    'nothing: it can be deleted alone'
  ) : (
    <span title={ids.join(', ')}>
      {formatCount(ids.length, 'later backup')}, so it can only be deleted together with{' '}
      {ids.length === 1 ? 'that one' : 'those'}
    </span>
  )

/** What a verification or an audit said of it, in their own words. */
const Findings = ({ row: { job, disk } }: { row: PointRow }) => (
  <>
    {job.verify_result === 'damaged' && job.verify_detail !== null && (
      <p className="mt-2 text-sm [overflow-wrap:anywhere] text-red-300">Verification: {job.verify_detail}</p>
    )}
    {disk.audit_detail !== null && (
      <p
        className={`mt-2 text-sm [overflow-wrap:anywhere] ${disk.audit_result === 'differs' ? 'text-yellow-200' : 'text-gray-400'}`}
      >
        Audit: {disk.audit_detail}
      </p>
    )}
  </>
)
