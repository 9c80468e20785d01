import { MutationObserver } from '@tanstack/react-query'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { logout } from '../../api/contract/auth.js'
import { loginMutation } from '../features/session/use-login.js'
import { meQuery } from '../features/session/me-query.js'
import { callApi } from '../lib/api.js'
import { openQueryClient } from './query-client.js'

const refusal = {
  type: 'about:blank',
  title: 'Unauthenticated',
  status: 401,
  detail: 'User name or password is wrong',
  code: 'unauthenticated',
  errors: [],
  remedy: 'Check both.',
  error: 'User name or password is wrong',
}

/** A server that refuses every call, for the relative addresses that a browser would complete by itself. */
const refuseAll = async () => {
  const server = createServer((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify(refusal))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => real(new URL(String(input), origin), init)
  return {
    [Symbol.asyncDispose]: async () => {
      globalThis.fetch = real
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const me = {
  user: { username: 'admin', role: 'admin' as const, must_change_password: false },
  expires_at: null,
}

test('a refused login is an answer: the page that shows it is not taken away', async () => {
  await using _server = await refuseAll()
  const client = openQueryClient()
  client.setQueryData(meQuery().queryKey, me)
  const login = new MutationObserver(client, client.defaultMutationOptions(loginMutation(client)))
  await expect(login.mutate({ username: 'admin', password: 'wrong' })).rejects.toMatchObject({
    code: 'unauthenticated',
    message: 'User name or password is wrong',
  })
  expect(client.getQueryData(meQuery().queryKey)).toEqual(me)
})

test('any other call that finds the session ended makes the page ask who is logged in', async () => {
  await using _server = await refuseAll()
  const client = openQueryClient()
  client.setQueryData(meQuery().queryKey, me)
  const ending = new MutationObserver(
    client,
    client.defaultMutationOptions({ mutationFn: () => callApi(logout) }),
  )
  await expect(ending.mutate()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(client.getQueryData(meQuery().queryKey)).toBeUndefined()
})
