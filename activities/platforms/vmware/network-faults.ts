import { Failure } from '../../../domain/failure.js'

const sayings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at its port',
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
}

const partOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (Reflect.get(error, name) as unknown) : undefined

// Happy eyeballs collect one error for each address: the first tells.
const codeOf = (error: unknown): string | undefined => {
  const errors = partOf(error, 'errors')
  if (Array.isArray(errors) && errors.length > 0) return codeOf((errors as unknown[])[0])
  const code = partOf(error, 'code')
  return typeof code === 'string' ? code : undefined
}

/** The vCenter is not there, or fell silent: the same call may succeed later. */
export const unreachable = (host: string, cause: unknown): Failure => {
  const code = codeOf(cause)
  const tls =
    code === 'EPROTO' || code?.startsWith('ERR_SSL_') === true
      ? 'what answers there does not speak TLS'
      : undefined
  const plain = String(partOf(cause, 'message') ?? 'the connection failed')
  const saying = (code === undefined ? undefined : sayings[code]) ?? tls ?? plain
  return new Failure('source-unreachable', `vCenter ${host} cannot be reached: ${saying}`, {
    retry: true,
    facts: { host, errno: code ?? null },
    remedy:
      'Check that the vCenter runs and that this machine reaches it; the step is tried again by itself.',
    cause,
  })
}

/** True where the connection was cut before an answer came. */
export const wasCut = (failure: Failure): boolean =>
  ['ECONNRESET', 'EPIPE'].includes(String(failure.facts['errno']))
