import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useCallback, useState } from 'react'
import { useSearchParams } from 'react-router'
import { pauseAllFlows } from '../../../api/contract/all-flows.js'
import { createFlow } from '../../../api/contract/protection-flows.js'
import { useMayCall } from '../../lib/role.js'
import { PageHeader } from '../../ui/page-header.js'
import { FlowDialog } from './flow-dialog.js'
import { FlowFilters } from './flow-filters.js'
import { flowSummaryQuery } from './flow-summary-query.js'
import { FlowsList } from './flows-list.js'
import { PauseAllDialog } from './pause-all-dialog.js'
import { SummaryCards } from './summary-cards.js'

/** All protection flows. `onCreated` hears of a new one. */
export const FlowsPage = ({ onCreated }: { onCreated: (id: string) => void }) => {
  const [search, setSearch] = useSearchParams()
  const [open, setOpen] = useState<'create' | 'pause'>()
  const isPaused = useQuery(flowSummaryQuery()).data?.all_paused
  const mayCreate = useMayCall(createFlow)
  const mayPause = useMayCall(pauseAllFlows)
  const onSearch = useCallback((next: URLSearchParams) => setSearch(next, { replace: true }), [setSearch])
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title="Protection Flows" hint="What is protected, when, where to and for how long.">
        {isPaused === null && (
          <Button color="alternative" disabled={!mayPause} onClick={() => setOpen('pause')}>
            Pause everything
          </Button>
        )}
        <Button color="blue" disabled={!mayCreate} onClick={() => setOpen('create')}>
          Create flow
        </Button>
      </PageHeader>
      <SummaryCards />
      <FlowFilters search={search} onChange={onSearch} />
      <FlowsList search={search} onSearch={onSearch} />
      {open === 'create' && <FlowDialog onClose={close} onSaved={({ id }) => onCreated(id)} />}
      {open === 'pause' && <PauseAllDialog onClose={close} />}
    </>
  )
}
