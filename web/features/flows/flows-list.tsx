import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { deleteFlow } from '../../../api/contract/protection-flows.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { FailureNote } from '../../ui/failure-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { QueryStates } from '../../ui/query-states.js'
import type { MenuAction } from '../../ui/row-menu.js'
import { BulkBar } from './bulk-bar.js'
import { filterOf, isFiltered, sortedBy, sortOf } from './flow-filter.js'
import type { FlowDialogKind } from './flow-open-dialog.js'
import { FlowOpenDialog } from './flow-open-dialog.js'
import { FlowTable } from './flow-table.js'
import { isRunning } from './flow-words.js'
import { flowsQuery } from './flows-query.js'
import { useEnableFlow } from './use-enable-flow.js'
import { useExecuteFlow } from './use-execute-flow.js'

/** The flows that the address asks for, and all that can be done with them. */
export const FlowsList = ({
  search,
  onSearch,
}: {
  search: URLSearchParams
  onSearch: (search: URLSearchParams) => void
}) => {
  const list = useInfiniteQuery(flowsQuery(filterOf(search)))
  const { chosen, choose, clear } = useChosen()
  const { open, close, menuOf, run, toggle, failure } = useRowActions()
  return (
    <QueryStates
      asked={list}
      loading="Loading protection flows"
      isEmpty={({ pages }) => pages.every((page) => page.flows.length === 0)}
      empty={<NoFlows isFilteredOut={isFiltered(search)} />}
    >
      {({ pages }) => {
        const flows = pages.flatMap((page) => page.flows)
        return (
          <>
            {failure ? (
              <div className="mb-3">
                <FailureNote error={failure} />
              </div>
            ) : null}
            <BulkBar flows={flows.filter(({ id }) => chosen.has(id))} onClear={clear} />
            <FlowTable
              flows={flows}
              sorted={{ ...sortOf(search), onSort: (column) => onSearch(sortedBy(search, column)) }}
              chosen={{ ids: chosen, onChoose: choose }}
              actions={{ onRun: run, onToggle: toggle, menuOf }}
            />
            <ListEnd list={list} shown={flows.length} />
            {open && <FlowOpenDialog kind={open.kind} flow={open.flow} onClose={close} />}
          </>
        )
      }}
    </QueryStates>
  )
}

const NoFlows = ({ isFilteredOut }: { isFilteredOut: boolean }) =>
  isFilteredOut ? (
    <EmptyNote title="No flow matches">Choose other filters.</EmptyNote>
  ) : (
    <EmptyNote title="No protection flow yet">
      A flow says what is protected, when, where to and for how long. Create the first one above.
    </EmptyNote>
  )

const useChosen = () => {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const choose = (ids: readonly string[], isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before)
      for (const id of ids)
        if (isChosen) next.add(id)
        else next.delete(id)
      return next
    })
  return { chosen, choose, clear: () => setChosen(new Set()) }
}

/** What a row's buttons do; only the failure of what was asked last is shown. */
const useRowActions = () => {
  const [open, setOpen] = useState<{ kind: FlowDialogKind; flow: FlowResponse }>()
  const execute = useExecuteFlow()
  const enable = useEnableFlow()
  const mayChange = useMayCall(deleteFlow)
  const run = (flow: FlowResponse, type: 'auto' | 'full' = 'auto') => {
    enable.reset()
    execute.mutate({ id: flow.id, type })
  }
  const toggle = (flow: FlowResponse, isOn: boolean) => {
    execute.reset()
    enable.mutate({ id: flow.id, isOn })
  }
  const opener = (kind: FlowDialogKind, text: string, flow: FlowResponse): MenuAction => ({
    text,
    // A run that is under way keeps its flow.
    isDisabled: !mayChange || (kind === 'delete' && isRunning(flow)),
    isDangerous: kind === 'delete',
    onChoose: () => setOpen({ kind, flow }),
  })
  const menuOf = (flow: FlowResponse): readonly MenuAction[] => [
    opener('edit', 'Edit', flow),
    opener('clone', 'Clone', flow),
    {
      text: 'Run as full',
      isDisabled: !mayChange || isRunning(flow),
      onChoose: () => run(flow, 'full'),
    },
    opener('test', 'Test', flow),
    opener('delete', 'Delete', flow),
  ]
  return {
    open,
    close: () => setOpen(undefined),
    menuOf,
    run: (flow: FlowResponse) => run(flow),
    toggle,
    failure: execute.error ?? enable.error,
  }
}
