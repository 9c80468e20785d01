import { useState } from 'react'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextField } from '../../ui/text-field.js'
import type { TlsDraft } from './tls-fields.js'
import { TlsFields, tlsOf } from './tls-fields.js'
import { useCreatePlatform } from './use-create-platform.js'

export const AddPlatformDialog = ({ onClose }: { onClose: () => void }) => {
  const [draft, setDraft] = useState({ name: '', host: '', username: '', password: '', datacenter: '' })
  const [tls, setTls] = useState<TlsDraft>({ mode: 'verify', caPem: '', thumbprint: '' })
  const create = useCreatePlatform()
  const set = (field: keyof typeof draft) => (value: string) => setDraft({ ...draft, [field]: value })
  const submit = () => {
    const { datacenter, ...rest } = draft
    create.mutate(
      { ...rest, kind: 'vmware', datacenter: datacenter.trim() === '' ? null : datacenter, tls: tlsOf(tls) },
      { onSuccess: onClose },
    )
  }
  return (
    <Dialog title="Add platform" onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <TextField label="Name" value={draft.name} onChange={set('name')} required autoComplete="off" />
        <TextField
          label="vCenter host"
          hint="A name or address, with :port where it is not 443"
          value={draft.host}
          onChange={set('host')}
          required
          autoComplete="off"
        />
        <TextField
          label="User name"
          value={draft.username}
          onChange={set('username')}
          required
          autoComplete="off"
        />
        <TextField
          label="Password"
          hint="Sealed at once; never shown again"
          type="password"
          value={draft.password}
          onChange={set('password')}
          required
          autoComplete="new-password"
        />
        <TextField
          label="Datacenter"
          hint="Empty: all datacenters"
          value={draft.datacenter}
          onChange={set('datacenter')}
          autoComplete="off"
        />
        <TlsFields draft={tls} onChange={setTls} />
        {create.error ? <FailureNote error={create.error} /> : null}
        <DialogActions submit="Save platform" isPending={create.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
