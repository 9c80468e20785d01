import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { PolicyView } from '../../../api/contract/policies.js'
import { createPolicy } from '../../../api/contract/policies.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { DeletePolicyDialog } from './delete-policy-dialog.js'
import { policiesQuery } from './policies-query.js'
import { PolicyDialog } from './policy-dialog.js'
import { PolicyPreviewDialog } from './policy-preview-dialog.js'
import type { PolicyAction } from './policy-table.js'
import { PolicyTable } from './policy-table.js'

type Open = { kind: 'create' } | { kind: PolicyAction; policy: PolicyView }

export const PoliciesPage = () => {
  const list = useInfiniteQuery(policiesQuery())
  const [open, setOpen] = useState<Open>()
  const mayCreate = useMayCall(createPolicy)
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title="Policies" hint="How long points are kept.">
        <Button color="blue" disabled={!mayCreate} onClick={() => setOpen({ kind: 'create' })}>
          Create policy
        </Button>
      </PageHeader>
      <QueryStates
        asked={list}
        loading="Loading policies"
        isEmpty={({ pages }) => pages.every((page) => page.policies.length === 0)}
        empty={<EmptyNote title="No policy yet">Without one, a flow keeps every point.</EmptyNote>}
      >
        {({ pages }) => (
          <>
            <PolicyTable
              policies={pages.flatMap((page) => page.policies)}
              onAction={(kind, policy) => setOpen({ kind, policy })}
            />
            <ListEnd list={list} shown={pages.reduce((sum, page) => sum + page.policies.length, 0)} />
          </>
        )}
      </QueryStates>
      {open?.kind === 'create' && <PolicyDialog onClose={close} />}
      {open?.kind === 'edit' && <PolicyDialog policy={open.policy} onClose={close} />}
      {open?.kind === 'preview' && <PolicyPreviewDialog policy={open.policy} onClose={close} />}
      {open?.kind === 'delete' && <DeletePolicyDialog policy={open.policy} onClose={close} />}
    </>
  )
}
