import { useState } from 'react'
import type { RepositoryType } from '../../../domain/repository.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextField } from '../../ui/text-field.js'
import { useCreateRepository } from './use-create-repository.js'

const types: readonly Choice<RepositoryType>[] = [
  { value: 'local', text: 'Local directory' },
  { value: 'nfs', text: 'NFS, mounted already' },
  { value: 'cifs', text: 'CIFS, mounted already' },
]

export const AddRepositoryDialog = ({ onClose }: { onClose: () => void }) => {
  const [name, setName] = useState('')
  const [type, setType] = useState<RepositoryType>('local')
  const [path, setPath] = useState('')
  const create = useCreateRepository()
  return (
    <Dialog title="Add repository" onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({ name, repository_type: type, path }, { onSuccess: onClose })
        }}
      >
        <TextField label="Name" value={name} onChange={setName} required autoComplete="off" />
        <SelectField label="Type" value={type} choices={types} onChange={setType} />
        <TextField
          label="Path"
          hint="An absolute path on the machine of the repository's worker"
          value={path}
          onChange={setPath}
          required
          autoComplete="off"
        />
        {create.error ? <FailureNote error={create.error} /> : null}
        <DialogActions submit="Save repository" isPending={create.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
