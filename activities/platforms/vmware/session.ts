import type { Agent } from 'node:https'
import { Failure } from '../../../domain/failure.js'
import type { Platform } from '../../../domain/platform.js'
import type { OpenOptions } from '../platform.js'
import { endpointOf, type Endpoint } from './endpoint.js'
import { failureOf, type Doing } from './faults.js'
import { wasCut } from './network-faults.js'
import { readServiceContent, type ServiceContent } from './service-content.js'
import { isFault, SoapFault } from './soap-fault.js'
import { send, type Call, type Reply } from './soap.js'
import { lookAtCertificate, trustingAgent, type ShownCertificate } from './tls.js'
import { field, textAt, type Ref } from './xml.js'

/**
 * A shared, self-renewing session with one vCenter. It logs in at the first call. Calls throw `SoapFault`
 * (to be named by the caller), `Failure`, or the reason of the connection's signal.
 */
export interface Session extends AsyncDisposable {
  readonly platform: Platform
  readonly endpoint: Endpoint
  readonly callTimeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Sends a call under the session and answers its `<Method>Response` element. */
  call(call: Call): Promise<unknown>
  /** What the vCenter offers; needs no login. */
  content(): Promise<ServiceContent>
  /** Logs in where that is not done, and answers the session's key. */
  login(): Promise<string>
  /** The certificate of the newest connection; looks at it where there was none. Does not throw for distrust. */
  certificate(): Promise<ShownCertificate>
  /** Words for a failure: what was being done here. */
  doing(doing: string, vmName?: string): Doing
}

interface Live {
  readonly cookie: string
  readonly key: string
}

const keepAliveMs = 5 * 60_000
const logoutTimeoutMs = 5_000
const serviceInstance: Ref = { type: 'ServiceInstance', value: 'ServiceInstance' }

/** Opens nothing yet: the first call does. Throws `bad-request` for a host that is none. */
export const openSession = (platform: Platform, secret: string, options: OpenOptions): Session => {
  const endpoint = endpointOf(platform.host)
  const timeoutMs = options.callTimeoutMs ?? 60_000
  let shown: ShownCertificate | undefined
  const agent = trustingAgent(endpoint, platform.tls, timeoutMs, (certificate) => (shown = certificate))
  const doing = (what: string, vmName?: string): Doing => ({
    host: endpoint.display,
    username: platform.username,
    doing: what,
    ...(vmName === undefined ? {} : { vmName }),
  })
  const wire = wireTo(endpoint, agent, timeoutMs, options.signal, secret)
  const content = remembered(async () => {
    const reply = await wire({ method: 'RetrieveServiceContent', on: serviceInstance })
    return readServiceContent(reply.body)
  })
  const sessions = renewable(content, wire, platform, secret, doing)
  return {
    platform,
    endpoint,
    callTimeoutMs: timeoutMs,
    signal: options.signal,
    call: sessions.call,
    content,
    login: sessions.login,
    certificate: async () => shown ?? (shown = await lookAtCertificate(endpoint, platform.tls, timeoutMs)),
    doing,
    async [Symbol.asyncDispose]() {
      await sessions.end()
      agent[Symbol.dispose]()
    },
  }
}

type Wire = (
  call: Call,
  over?: { cookie?: string; apiVersion?: string; timeoutMs?: number; unasked?: boolean },
) => Promise<Reply>

/** One call on the wire, under no session unless a cookie is given. The password never stands in a fault. */
const wireTo = (
  endpoint: Endpoint,
  agent: Agent,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  secret: string,
): Wire => {
  // 6.5: the oldest vSphere spoken to; it is only said until the vCenter has told its own version.
  const once: Wire = (call, over = {}) =>
    send(
      {
        endpoint,
        agent,
        apiVersion: over.apiVersion ?? '6.5',
        cookie: over.cookie,
        timeoutMs: over.timeoutMs ?? timeoutMs,
        signal: over.unasked === true ? undefined : signal,
      },
      call,
    )
  return async (call, over) => {
    try {
      return await once(call, over)
    } catch (error) {
      // The vCenter closes idle connections at its own time: what has no effect is asked again at once.
      if (error instanceof Failure && wasCut(error) && !call.method.endsWith('_Task')) return once(call, over)
      throw error instanceof SoapFault ? withoutSecret(error, secret) : error
    }
  }
}

const withoutSecret = (fault: SoapFault, secret: string): SoapFault =>
  secret !== '' && fault.sentence.includes(secret)
    ? new SoapFault(fault.type, fault.sentence.replaceAll(secret, '…'), undefined)
    : fault

/** Asks once and remembers the answer; a failure is not remembered. */
const remembered = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask().catch((error: unknown) => {
      asked = undefined
      throw error
    })
    return asked
  }
}

interface Renewable {
  call(call: Call): Promise<unknown>
  login(): Promise<string>
  end(): Promise<void>
}

/** Holds one session at a time: concurrent calls share one login, and one renewal when it is lost. */
const renewable = (
  content: () => Promise<ServiceContent>,
  wire: Wire,
  platform: Platform,
  secret: string,
  doing: (what: string) => Doing,
): Renewable => {
  let opening: Promise<Live> | undefined
  let timer: NodeJS.Timeout | undefined

  const open = async (): Promise<Live> => {
    const { sessionManager, apiVersion } = await content()
    const parameters = field('userName', platform.username) + field('password', secret)
    try {
      const { body, cookie } = await wire({ method: 'Login', on: sessionManager, parameters }, { apiVersion })
      if (cookie === undefined) throw new SoapFault('SystemError', 'the login gave no session', undefined)
      timer ??= setInterval(
        () => void call({ method: 'CurrentTime', on: serviceInstance }).catch(() => undefined),
        keepAliveMs,
      ).unref()
      return { cookie, key: textAt(body, 'returnval', 'key') ?? '' }
    } catch (error) {
      throw failureOf(error, doing('log in'))
    }
  }

  const live = (): Promise<Live> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }

  const call = async (wanted: Call): Promise<unknown> => {
    for (let renewed = false; ; renewed = true) {
      const opened = live()
      const { cookie } = await opened
      const { apiVersion } = await content()
      try {
        return (await wire(wanted, { cookie, apiVersion })).body
      } catch (error) {
        if (!isFault(error, 'NotAuthenticated') || renewed) throw error
        // Only who still sees the lost session forgets it: the others find the new login under way.
        if (opening === opened) opening = undefined
      }
    }
  }

  const end = async (): Promise<void> => {
    clearInterval(timer)
    const ended = opening
    opening = Promise.reject(
      new Failure('source-session-lost', 'The connection to the vCenter was closed', { retry: true }),
    )
    opening.catch(() => undefined)
    if (ended === undefined) return
    try {
      const { cookie } = await ended
      const { sessionManager, apiVersion } = await content()
      await wire(
        { method: 'Logout', on: sessionManager },
        { cookie, apiVersion, timeoutMs: logoutTimeoutMs, unasked: true },
      )
    } catch {
      // The vCenter ends idle sessions by itself.
    }
  }

  return { call, end, login: async () => (await live()).key }
}
