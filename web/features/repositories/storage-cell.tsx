import { useQuery } from '@tanstack/react-query'
import { failureText } from '../../lib/failure-text.js'
import { formatBytes } from '../../lib/format.js'
import { repositoryStorageQuery } from './repository-storage-query.js'

/** Used and free room; a repository that cannot be measured says why in its own row. */
export const StorageCell = ({ id, name }: { id: number; name: string }) => {
  const { data, error } = useQuery(repositoryStorageQuery(id))
  if (error && data === undefined)
    return (
      <p role="alert" className="max-w-xs text-xs text-red-300">
        {failureText(error).sentence}. {failureText(error).remedy}
      </p>
    )
  if (data === undefined) return <span className="text-gray-500">measuring…</span>
  return (
    <div className="min-w-40">
      <meter
        aria-label={`Used room of ${name}`}
        className="h-3 w-full"
        min={0}
        max={data.total_bytes}
        high={data.total_bytes * 0.9}
        value={data.used_bytes}
      />
      <p className="text-xs">
        {formatBytes(data.free_bytes)} free of {formatBytes(data.total_bytes)}
        {data.reserved_bytes > 0 && `, ${formatBytes(data.reserved_bytes)} reserved by backups that run`}
      </p>
    </div>
  )
}
