import { request, type Agent } from 'node:https'
import type { Endpoint } from './endpoint.js'
import { unreachable } from './network-faults.js'
import { SoapFault } from './soap-fault.js'
import { at, childNames, element, parseXml, refElement, textAt, typeOf, type Ref } from './xml.js'

/** One call: the method, the object it is called on, and its parameters as XML in the schema's order. */
export interface Call {
  readonly method: string
  readonly on: Ref
  readonly parameters?: string
}

interface Transport {
  readonly endpoint: Endpoint
  readonly agent: Agent
  /** Version spoken, e.g. `8.0.2.0`. */
  readonly apiVersion: string
  readonly cookie: string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

export interface Reply {
  /** The `<Method>Response` element. */
  readonly body: unknown
  /** The session cookie, where the answer sets one. */
  readonly cookie: string | undefined
}

const maxAnswerBytes = 512 * 1024 * 1024
const namespaces =
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

/** The request's text. */
const envelope = ({ method, on, parameters = '' }: Call): string => {
  const body = element(method, refElement('_this', on) + parameters, 'xmlns="urn:vim25"')
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('soapenv:Envelope', element('soapenv:Body', body), namespaces)}`
}

/**
 * Sends one call and reads its answer. Throws `SoapFault` where the server answers with a fault, a `Failure`
 * (`source-unreachable`, `source-certificate-untrusted`) where no answer comes, or the signal's reason.
 */
export const send = async (transport: Transport, call: Call): Promise<Reply> => {
  transport.signal?.throwIfAborted()
  const answer = await post(transport, Buffer.from(envelope(call)))
  return { body: bodyOf(transport, call, answer), cookie: answer.cookie }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly cookie: string | undefined
}

const post = (transport: Transport, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { endpoint, agent, apiVersion, cookie, timeoutMs, signal } = transport
    const outgoing = request({
      agent,
      host: endpoint.host,
      port: endpoint.port,
      method: 'POST',
      path: '/sdk',
      headers: {
        'Content-Type': 'text/xml; charset="utf-8"',
        'Content-Length': body.length,
        SOAPAction: `"urn:vim25/${apiVersion}"`,
        ...(cookie === undefined ? {} : { Cookie: cookie }),
      },
    })
    const settled = (): void => {
      clearTimeout(late)
      signal?.removeEventListener('abort', abort)
    }
    const failed = (error: Error): void => {
      settled()
      reject(signal?.aborted === true ? (signal.reason as Error) : networkFailure(endpoint, error))
    }
    // Rejected first, destroyed after: what Node reports of a destroyed request is only "aborted".
    const giveUp = (error: Error): void => {
      failed(error)
      outgoing.destroy()
    }
    const abort = (): void => giveUp(new Error('the call was given up'))
    const late = setTimeout(() => {
      giveUp(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' }))
    }, timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    outgoing.on('error', failed)
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) giveUp(new Error(`the answer is longer than ${maxAnswerBytes} bytes`))
        else chunks.push(chunk)
      })
      incoming.on('error', failed)
      incoming.once('end', () => {
        settled()
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({
          status: incoming.statusCode ?? 0,
          text,
          cookie: sessionCookie(incoming.headers['set-cookie']),
        })
      })
    })
    outgoing.end(body)
  })

// What the TLS hand-shake decided is a Failure already; everything else is the network's.
const networkFailure = (endpoint: Endpoint, error: Error): Error =>
  error.name === 'Failure' ? error : unreachable(endpoint.display, error)

// The value is taken as it stands (some servers quote it); the attributes after it are not sent back.
const sessionCookie = (headers: readonly string[] | undefined): string | undefined =>
  headers?.find((header) => header.startsWith('vmware_soap_session='))?.split(';')[0]

const bodyOf = ({ endpoint }: Transport, { method }: Call, answer: Answer): unknown => {
  const strange = (what: string): Error => unreachable(endpoint.display, new Error(what))
  let parsed: unknown
  try {
    parsed = parseXml(answer.text)
  } catch (error) {
    throw unreachable(endpoint.display, error)
  }
  const body = at(parsed, 'Envelope', 'Body')
  const fault = at(body, 'Fault')
  if (fault !== undefined) throw faultOf(fault)
  const response = at(body, `${method}Response`)
  if (answer.status !== 200 || response === undefined)
    throw strange(`what answers there (HTTP ${answer.status}) does not speak the vSphere API`)
  return response
}

const faultOf = (fault: unknown): SoapFault => {
  const detail = at(fault, 'detail')
  const [name] = childNames(detail)
  const content = name === undefined ? undefined : at(detail, name)
  const type = typeOf(content) ?? name?.replace(/Fault$/, '')
  return new SoapFault(type ?? 'RuntimeFault', textAt(fault, 'faultstring') ?? '', content)
}
