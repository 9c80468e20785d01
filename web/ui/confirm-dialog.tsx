import type { ReactNode } from 'react'
import { useState } from 'react'
import { DialogActions } from './dialog-actions.js'
import { Dialog } from './dialog.js'
import { FailureNote } from './failure-note.js'
import { TextField } from './text-field.js'

/** Asks before something is done, by default something that cannot be taken back; with `typed`, that text must be typed first. */
export const ConfirmDialog = ({
  title,
  submit,
  typed,
  isDangerous = true,
  isPending,
  error,
  onConfirm,
  onClose,
  children,
}: {
  title: string
  submit: string
  typed?: { what: string; text: string }
  isDangerous?: boolean
  isPending: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) => {
  const [answer, setAnswer] = useState('')
  const isAgreed = typed === undefined || answer === typed.text
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (isAgreed) onConfirm()
        }}
      >
        <div className="text-sm text-gray-300">{children}</div>
        {typed && (
          <TextField
            label={`Type ${typed.what}: ${typed.text}`}
            value={answer}
            onChange={setAnswer}
            autoComplete="off"
          />
        )}
        {error ? <FailureNote error={error} /> : null}
        <DialogActions
          submit={submit}
          isPending={isPending}
          isDisabled={!isAgreed}
          isDangerous={isDangerous}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
