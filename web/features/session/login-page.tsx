import { Button } from 'flowbite-react'
import { useState } from 'react'
import { FailureNote } from '../../ui/failure-note.js'
import { TextField } from '../../ui/text-field.js'
import { Door } from './door.js'
import { useLogin } from './use-login.js'

/** `failure`: why the session could not be asked for, when that is not simply "nobody is logged in". */
export const LoginPage = ({ failure, onRetry }: { failure?: unknown; onRetry: () => void }) => {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const login = useLogin()
  const error = login.error ?? failure
  return (
    <Door title="Log in">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          login.mutate({ username, password })
        }}
      >
        <TextField
          label="User name"
          value={username}
          onChange={setUsername}
          required
          autoComplete="username"
        />
        <TextField
          label="Password"
          type="password"
          value={password}
          onChange={setPassword}
          required
          autoComplete="current-password"
        />
        {error ? <FailureNote error={error} {...(login.error ? {} : { onRetry })} /> : null}
        <Button type="submit" color="blue" className="w-full" disabled={login.isPending}>
          Log in
        </Button>
      </form>
    </Door>
  )
}
