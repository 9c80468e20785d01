import { useQuery } from '@tanstack/react-query'
import { SelectField } from '../../ui/select-field.js'
import type { FlowFormPart } from './flow-form-part.js'
import { unread } from './flow-form-part.js'
import { flowPoliciesQuery } from './flow-policies-query.js'
import { flowRepositoriesQuery } from './flow-repositories-query.js'

/** Where backups go, and for how long they are kept. */
export const FlowPlaceFields = ({ draft, errorOf, set, leave }: FlowFormPart) => {
  const repositories = useQuery(flowRepositoriesQuery())
  const policies = useQuery(flowPoliciesQuery())
  const policy = policies.data?.policies.find(({ id }) => String(id) === draft.policy_id)
  return (
    <>
      <SelectField
        label="Repository"
        value={draft.repository_id}
        error={errorOf('repository_id') ?? unread(repositories.error)}
        choices={[
          { value: '', text: repositories.isPending ? 'Loading…' : 'Choose a repository' },
          ...(repositories.data?.repositories ?? []).map(({ id, name, path, enabled }) => ({
            value: String(id),
            text: `${name} (${path})${enabled ? '' : ', disabled'}`,
            isDisabled: !enabled,
          })),
        ]}
        onChange={(repository_id) => set({ repository_id })}
        onBlur={() => leave('repository_id')}
      />
      <SelectField
        label="Policy"
        hint={policy?.in_words ?? 'How long backups are kept. Without a policy all of them are.'}
        value={draft.policy_id}
        error={errorOf('policy_id') ?? unread(policies.error)}
        choices={[
          { value: '', text: policies.isPending ? 'Loading…' : 'None: keep all' },
          ...(policies.data?.policies ?? []).map(({ id, name }) => ({ value: String(id), text: name })),
        ]}
        onChange={(policy_id) => set({ policy_id })}
        onBlur={() => leave('policy_id')}
      />
    </>
  )
}
