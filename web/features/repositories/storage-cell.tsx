import { useQuery } from '@tanstack/react-query'
import { failureText } from '../../lib/failure-text.js'
import { formatBytes } from '../../lib/format.js'
import { repositoryStorageQuery } from './repository-storage-query.js'

/** Taken and free room; a repository that cannot be measured says why in its own row. */
export const StorageCell = ({ id, name }: { id: number; name: string }) => {
  const { data, error } = useQuery(repositoryStorageQuery(id))
  if (error && data === undefined)
    return (
      <p role="alert" className="max-w-xs text-xs text-red-300">
        {failureText(error).sentence}. {failureText(error).remedy}
      </p>
    )
  if (data === undefined) return <span className="text-gray-400">measuring…</span>
  // The file system may hold other things than backups: what counts is how full it is.
  const takenPercent = data.total_bytes > 0 ? 100 - (100 * data.free_bytes) / data.total_bytes : 0
  return (
    <div className="min-w-40">
      <div
        role="meter"
        aria-label={`Room taken on the file system of ${name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(takenPercent)}
        className="mb-1 h-2.5 w-full overflow-hidden rounded-full bg-gray-700"
      >
        <div
          className={`h-full ${takenPercent >= 90 ? 'bg-yellow-500' : 'bg-blue-500'}`}
          style={{ width: `${takenPercent}%` }}
        />
      </div>
      <p className="text-xs">
        {formatBytes(data.free_bytes)} free of {formatBytes(data.total_bytes)}; backups take{' '}
        {formatBytes(data.used_bytes)}
        {data.reserved_bytes > 0 && `, ${formatBytes(data.reserved_bytes)} reserved by backups that run`}
      </p>
    </div>
  )
}
