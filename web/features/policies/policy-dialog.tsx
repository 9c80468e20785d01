import { useState } from 'react'
import type { PolicyView } from '../../../api/contract/policies.js'
import { formatCount } from '../../lib/format.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextArea } from '../../ui/text-area.js'
import { TextField } from '../../ui/text-field.js'
import { CopyRuleFields } from './copy-rule-fields.js'
import { policyBodyOf, policyDraftOf } from './policy-draft.js'
import { RetentionFields } from './retention-fields.js'
import { ThreeTwoOneFields } from './three-two-one-fields.js'
import { useSavePolicy } from './use-save-policy.js'

/** Makes a policy or, with one, changes it. */
export const PolicyDialog = ({ policy, onClose }: { policy?: PolicyView; onClose: () => void }) => {
  const [draft, setDraft] = useState(() => policyDraftOf(policy))
  const save = useSavePolicy(policy?.id)
  return (
    <Dialog title={policy ? `Edit ${policy.name}` : 'Create policy'} onClose={onClose} isWide>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(policyBodyOf(draft), { onSuccess: onClose })
        }}
      >
        <TextField
          label="Name"
          value={draft.name}
          onChange={(name) => setDraft({ ...draft, name })}
          required
          maxLength={255}
          autoComplete="off"
        />
        <TextArea
          label="Description"
          value={draft.description}
          onChange={(description) => setDraft({ ...draft, description })}
          maxLength={4000}
        />
        <RetentionFields keep={draft.keep} onChange={(keep) => setDraft({ ...draft, keep })} />
        <ThreeTwoOneFields
          value={draft.threeTwoOne}
          onChange={(threeTwoOne) => setDraft({ ...draft, threeTwoOne })}
        />
        <CopyRuleFields rules={draft.copyRules} onChange={(copyRules) => setDraft({ ...draft, copyRules })} />
        {policy && policy.flows > 0 && (
          <p className="text-sm text-yellow-200">
            {formatCount(policy.flows, 'flow uses', 'flows use')} this policy: the next sweep follows what you
            change.
          </p>
        )}
        {save.error ? <FailureNote error={save.error} /> : null}
        <DialogActions
          submit={policy ? 'Save policy' : 'Create policy'}
          isPending={save.isPending}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
