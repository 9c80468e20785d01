import { Button } from 'flowbite-react'
import type { PolicyView } from '../../../api/contract/policies.js'
import { deletePolicy, updatePolicy } from '../../../api/contract/policies.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { FlowCount } from '../../ui/flow-count.js'
import { NotActiveTag } from './not-active-tag.js'

export type PolicyAction = 'edit' | 'preview' | 'delete'

export const PolicyTable = ({
  policies,
  onAction,
}: {
  policies: readonly PolicyView[]
  onAction: (action: PolicyAction, policy: PolicyView) => void
}) => {
  const may = { edit: useMayCall(updatePolicy), preview: true, delete: useMayCall(deletePolicy) }
  const columns: readonly Column<PolicyView>[] = [
    {
      header: 'Name',
      cell: (policy) => (
        <div className="min-w-28 [overflow-wrap:anywhere]">
          <span className="font-medium text-white">{policy.name}</span>
          {policy.description && <p className="line-clamp-2 text-xs">{policy.description}</p>}
        </div>
      ),
    },
    { header: 'Keeps', cell: (policy) => <KeepsCell policy={policy} /> },
    {
      header: 'Flows',
      cell: (policy) => <FlowCount count={policy.flows} to={`/flows?policy=${policy.id}`} />,
      isNumeric: true,
    },
    {
      header: 'Actions',
      cell: (policy) => (
        <div className="flex flex-wrap gap-2">
          {actions.map(({ action, text, name }) => (
            <Button
              key={action}
              size="xs"
              color="alternative"
              className="whitespace-nowrap"
              aria-label={`${name} ${policy.name}`}
              disabled={!may[action]}
              onClick={() => onAction(action, policy)}
            >
              {text}
            </Button>
          ))}
        </div>
      ),
    },
  ]
  return (
    <DataTable caption="Policies" columns={columns} rows={policies} rowKey={(policy) => String(policy.id)} />
  )
}

const actions = [
  { action: 'preview', text: 'What goes next', name: 'What goes next by' },
  { action: 'edit', text: 'Edit', name: 'Edit' },
  { action: 'delete', text: 'Delete', name: 'Delete' },
] as const

const KeepsCell = ({ policy }: { policy: PolicyView }) => (
  <div className="space-y-1">
    <p className="text-gray-100">{policy.in_words}</p>
    {policy.not_active_yet.length > 0 && (
      <div className="flex flex-wrap items-start gap-2 text-xs text-gray-400">
        <NotActiveTag />
        <ul>
          {policy.not_active_yet.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
    )}
  </div>
)
