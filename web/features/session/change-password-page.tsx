import { Button } from 'flowbite-react'
import { useState } from 'react'
import { minPasswordLength } from '../../../api/contract/auth.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextField } from '../../ui/text-field.js'
import { Door } from './door.js'
import { useChangePassword } from './use-change-password.js'

/** The first password is known to others (it stands in a file): nothing works until it is changed. */
export const ChangePasswordPage = ({ username }: { username: string }) => {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const change = useChangePassword()
  const isDifferent = again !== '' && next !== again
  return (
    <Door title="Change the first password">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (next === again) change.mutate({ current_password: current, new_password: next })
        }}
      >
        <p className="text-sm text-gray-300">
          {username}, this password was made by the set-up. Choose your own to go on.
        </p>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <TextField
          label="Current password"
          type="password"
          value={current}
          onChange={setCurrent}
          required
          autoComplete="current-password"
        />
        <TextField
          label="New password"
          hint={`At least ${minPasswordLength} characters`}
          type="password"
          value={next}
          onChange={setNext}
          required
          minLength={minPasswordLength}
          autoComplete="new-password"
        />
        <TextField
          label="New password again"
          type="password"
          value={again}
          onChange={setAgain}
          required
          autoComplete="new-password"
        />
        <p role="alert" className="text-sm text-red-300">
          {isDifferent ? 'The two new passwords differ.' : ''}
        </p>
        {change.error ? <FailureNote error={change.error} /> : null}
        <Button type="submit" color="blue" className="w-full" disabled={change.isPending || isDifferent}>
          Change password
        </Button>
      </form>
    </Door>
  )
}
