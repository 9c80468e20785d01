import { useState } from 'react'
import type { GroupView } from '../../../api/contract/machine-groups.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { NumberField } from '../../ui/number-field.js'
import { TextArea } from '../../ui/text-area.js'
import { TextField } from '../../ui/text-field.js'
import { draftOf, isIdle, rulesOf } from './group-rules.js'
import { RulesFields } from './rules-fields.js'
import { RulesPreview } from './rules-preview.js'
import { useSaveGroup } from './use-save-group.js'

/** Makes a group or, with one, changes it. */
export const GroupDialog = ({
  group,
  onClose,
  onSaved,
}: {
  group?: GroupView
  onClose: () => void
  onSaved: (group: GroupView) => void
}) => {
  const [name, setName] = useState(group?.name ?? '')
  const [description, setDescription] = useState(group?.description ?? '')
  const [priority, setPriority] = useState(group?.priority ?? 50)
  const [concurrency, setConcurrency] = useState(group?.max_concurrent_vms ?? 5)
  const [draft, setDraft] = useState(() => draftOf(group?.rules ?? null))
  const save = useSaveGroup(group?.id)
  const body = {
    name,
    description: description.trim() === '' ? null : description,
    priority,
    max_concurrent_vms: concurrency,
    rules: rulesOf(draft),
  }
  return (
    <Dialog title={group ? `Edit ${group.name}` : 'Create protection group'} onClose={onClose} isWide>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(body, { onSuccess: onSaved })
        }}
      >
        <div className="grid gap-x-8 gap-y-6 md:grid-cols-2">
          <div className="space-y-4">
            <TextField
              label="Name"
              value={name}
              onChange={setName}
              required
              maxLength={255}
              autoComplete="off"
            />
            <TextArea label="Description" value={description} onChange={setDescription} maxLength={4000} />
            <div className="grid grid-cols-2 gap-4">
              <NumberField
                label="Priority"
                hint="0 to 100; higher goes first"
                min={0}
                max={100}
                value={priority}
                onChange={setPriority}
              />
              <NumberField
                label="VMs at a time"
                hint="1 to 50 in one run"
                min={1}
                max={50}
                value={concurrency}
                onChange={setConcurrency}
              />
            </div>
            <RulesFields draft={draft} onChange={setDraft} />
          </div>
          <section aria-label="Preview" className="self-start md:sticky md:top-0">
            <RulesPreview draft={draft} groupId={group?.id} onChange={setDraft} />
          </section>
        </div>
        {save.error ? (
          <div className="mt-4">
            <FailureNote error={save.error} />
          </div>
        ) : null}
        <DialogActions
          submit={group ? 'Save group' : 'Create group'}
          isPending={save.isPending}
          isDisabled={isIdle(draft)}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
