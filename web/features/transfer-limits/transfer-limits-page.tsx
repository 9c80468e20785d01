import { useQuery } from '@tanstack/react-query'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { LimitsForm } from './limits-form.js'
import { platformChoicesQuery } from './platform-choices-query.js'
import { transferLimitsQuery } from './transfer-limits-query.js'

export const TransferLimitsPage = () => {
  const limits = useQuery(transferLimitsQuery())
  const platforms = useQuery(platformChoicesQuery())
  return (
    <>
      <PageHeader
        title="Transfer limits"
        hint="How fast disks are copied. A copy keeps all limits that hold for it; an empty field is no limit."
      />
      <QueryStates asked={limits} loading="Loading transfer limits">
        {(known) => (
          <QueryStates asked={platforms} loading="Loading platforms">
            {(list) => <LimitsForm limits={known} platforms={list.platforms} />}
          </QueryStates>
        )}
      </QueryStates>
    </>
  )
}
