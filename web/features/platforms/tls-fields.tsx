import { Label, Textarea } from 'flowbite-react'
import { useId } from 'react'
import type { TlsTrust } from '../../../domain/platform.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextField } from '../../ui/text-field.js'

export interface TlsDraft {
  readonly mode: TlsTrust['mode']
  readonly caPem: string
  readonly thumbprint: string
}

/** The trust a draft stands for; only the field of its mode counts. */
export const tlsOf = ({ mode, caPem, thumbprint }: TlsDraft): TlsTrust => {
  if (mode === 'ca') return { mode, ca_pem: caPem }
  if (mode === 'thumbprint') return { mode, thumbprint: thumbprint.trim() }
  return { mode }
}

const modes: readonly Choice<TlsTrust['mode']>[] = [
  { value: 'verify', text: 'Verify against the public authorities' },
  { value: 'ca', text: 'Verify against an own CA' },
  { value: 'thumbprint', text: 'Pin the thumbprint' },
  { value: 'insecure', text: 'Insecure: do not check' },
]

export const TlsFields = ({ draft, onChange }: { draft: TlsDraft; onChange: (draft: TlsDraft) => void }) => {
  const id = useId()
  return (
    <>
      <SelectField
        label="Certificate"
        value={draft.mode}
        choices={modes}
        onChange={(mode) => onChange({ ...draft, mode })}
      />
      {draft.mode === 'ca' && (
        <div>
          <Label htmlFor={id} className="mb-1.5 block">
            CA certificate (PEM)
          </Label>
          <Textarea
            id={id}
            rows={5}
            required
            value={draft.caPem}
            onChange={(event) => onChange({ ...draft, caPem: event.target.value })}
          />
        </div>
      )}
      {draft.mode === 'thumbprint' && (
        <TextField
          label="Thumbprint"
          hint="SHA-1 or SHA-256, pairs of hex digits with colons"
          value={draft.thumbprint}
          onChange={(thumbprint) => onChange({ ...draft, thumbprint })}
          required
          autoComplete="off"
        />
      )}
      {draft.mode === 'insecure' && <InsecureWarning isAlert />}
    </>
  )
}
