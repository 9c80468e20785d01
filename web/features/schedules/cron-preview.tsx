import { useQuery } from '@tanstack/react-query'
import { useSettled } from '../../lib/settled.js'
import { NextRuns } from '../../ui/next-runs.js'
import { QueryStates } from '../../ui/query-states.js'
import { cronPreviewQuery } from './cron-preview-query.js'
import { refusalOf } from './refusal.js'

/** What an expression means and when it runs next, or what is wrong with it; a moment after each change. */
export const CronPreview = ({ cron, timezone }: { cron: string; timezone: string }) => {
  const asked = useSettled({ cron_expression: cron.trim(), timezone })
  const isFilled = asked.cron_expression !== ''
  const preview = useQuery({ ...cronPreviewQuery(asked), enabled: isFilled })
  if (!isFilled)
    return <p className="text-sm text-gray-400">Choose or write an expression to see its next runs.</p>
  const refusal = refusalOf(preview.error)
  if (refusal !== null)
    return (
      <p role="alert" className="text-sm text-red-300">
        {refusal}
      </p>
    )
  return (
    <QueryStates asked={preview} loading="Reckoning the next runs" skeletonLines={5}>
      {(found) => <NextRuns preview={found} timezone={asked.timezone} />}
    </QueryStates>
  )
}
