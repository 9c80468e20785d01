import { createHash, X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { isIP } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { Failure } from '../../../domain/failure.js'
import type { TlsTrust } from '../../../domain/platform.js'
import type { Endpoint } from './endpoint.js'
import { unreachable } from './network-faults.js'

/** The certificate a vCenter showed, and what we made of it. Thumbprints are upper-case, colon-separated. */
export interface ShownCertificate {
  readonly sha256: string
  readonly sha1: string
  readonly subject: string
  readonly issuer: string
  /** ISO 8601. */
  readonly expiresAt: string
  /** Why it is not trusted; null where it is. */
  readonly distrust: string | null
}

const maxHandshakeMs = 15_000

const thumbprint = (der: Buffer, algorithm: 'sha1' | 'sha256'): string =>
  (createHash(algorithm).update(der).digest('hex').toUpperCase().match(/../g) ?? []).join(':')

const nameOf = (name: object | undefined): string =>
  Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ')

/** Judges a finished handshake. Node's own verdict is in `authorized`; a pinned certificate needs no other. */
const judge = (socket: TLSSocket, trust: TlsTrust): ShownCertificate => {
  const shown = socket.getPeerCertificate()
  const sha1 = thumbprint(shown.raw, 'sha1')
  const sha256 = thumbprint(shown.raw, 'sha256')
  const pinned = trust.mode === 'thumbprint' ? trust.thumbprint.toUpperCase() : undefined
  const verdicts: Record<TlsTrust['mode'], () => string | null> = {
    insecure: () => null,
    thumbprint: () =>
      pinned === sha1 || pinned === sha256 ? null : `its thumbprint is not the pinned ${pinned}`,
    ca: () => (socket.authorized ? null : `${reason(socket)} (judged by the given CA)`),
    verify: () => (socket.authorized ? null : reason(socket)),
  }
  return {
    sha256,
    sha1,
    subject: nameOf(shown.subject),
    issuer: nameOf(shown.issuer),
    expiresAt: new Date(shown.valid_to).toISOString(),
    distrust: verdicts[trust.mode](),
  }
}

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its CA is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its CA is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its CA is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its CA is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is made out to another name',
}

const reason = (socket: TLSSocket): string => {
  const code = String(socket.authorizationError)
  return reasons[code] ?? `it cannot be verified (${code})`
}

/** The certificate is not to be trusted: nothing was sent, above all no password. */
export const untrusted = (endpoint: Endpoint, shown: ShownCertificate): Failure =>
  new Failure(
    'source-certificate-untrusted',
    `The certificate of vCenter ${endpoint.display} is not trusted: ${shown.distrust ?? 'unknown reason'}. ` +
      `It is ${shown.subject}, SHA-256 ${shown.sha256}, valid until ${shown.expiresAt}`,
    {
      retry: false,
      facts: {
        host: endpoint.display,
        sha256: shown.sha256,
        sha1: shown.sha1,
        subject: shown.subject,
        expires_at: shown.expiresAt,
      },
      remedy:
        "Compare the SHA-256 thumbprint with the vCenter's own and, if they are equal, pin it to this platform, or give the CA certificate.",
    },
  )

const optionsFor = (endpoint: Endpoint, trust: TlsTrust): ConnectionOptions => ({
  host: endpoint.host,
  port: endpoint.port,
  ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
  ...(trust.mode === 'ca' ? { ca: trust.ca_pem } : {}),
  ALPNProtocols: ['http/1.1'],
  // The verdict is ours, in `judge`, before a byte of HTTP: Node's own refusal would hide the certificate
  // whose thumbprint the operator needs, and cannot know pins.
  rejectUnauthorized: false,
})

// Node passes over a CA that is none, and then blames the server's certificate.
const checkCa = (trust: TlsTrust): void => {
  if (trust.mode !== 'ca') return
  const blocks = trust.ca_pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new Error('it holds no certificate')
  for (const block of blocks) new X509Certificate(block)
}

type Connected = (error: Error | null, socket: TLSSocket | undefined, shown?: ShownCertificate) => void

/** One handshake, judged; the socket is handed over only where the certificate is trusted. */
const handshake = (
  endpoint: Endpoint,
  trust: TlsTrust,
  timeoutMs: number,
  done: Connected,
): TLSSocket | undefined => {
  try {
    checkCa(trust)
  } catch (error) {
    // Never before this function has returned: the caller wants the socket first.
    process.nextTick(done, badCa(endpoint, error), undefined)
    return undefined
  }
  const socket = connect(optionsFor(endpoint, trust))
  const failed = (error: Error): void => {
    socket.destroy()
    done(unreachable(endpoint.display, error), undefined)
  }
  const late = (): void =>
    failed(Object.assign(new Error('no answer to the handshake'), { code: 'ETIMEDOUT' }))
  socket.setTimeout(Math.min(timeoutMs, maxHandshakeMs), late)
  socket.once('error', failed)
  socket.once('secureConnect', () => {
    socket.off('error', failed)
    socket.setTimeout(0)
    socket.off('timeout', late)
    const shown = judge(socket, trust)
    if (shown.distrust === null) return done(null, socket, shown)
    socket.on('error', () => undefined)
    socket.destroy()
    done(untrusted(endpoint, shown), undefined, shown)
  })
  return socket
}

const badCa = (endpoint: Endpoint, cause: unknown): Failure =>
  new Failure(
    'source-certificate-untrusted',
    `The CA given for vCenter ${endpoint.display} is not a certificate in PEM form`,
    {
      retry: false,
      facts: { host: endpoint.display },
      remedy: 'Give the CA as text that begins with -----BEGIN CERTIFICATE-----.',
      cause,
    },
  )

/** Sockets kept alive for calls; every new one is judged before it is used. */
export const trustingAgent = (
  endpoint: Endpoint,
  trust: TlsTrust,
  timeoutMs: number,
  onShown: (shown: ShownCertificate) => void,
): Agent & Disposable => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 4 })
  // Sockets in their handshake are not the agent's yet; a closed connection must not leave them behind.
  const greeting = new Set<TLSSocket>()
  agent.createConnection = (_options, callback) => {
    const begun = handshake(endpoint, trust, timeoutMs, (error, socket, shown) => {
      if (begun !== undefined) greeting.delete(begun)
      if (shown !== undefined) onShown(shown)
      // The typings ask for a socket beside an error; Node does not look at it.
      callback?.(error, socket as TLSSocket)
    })
    if (begun !== undefined) greeting.add(begun)
    return undefined
  }
  return Object.assign(agent, {
    [Symbol.dispose]: () => {
      for (const socket of greeting) socket.destroy()
      agent.destroy()
    },
  })
}

/** Looks at the certificate without sending anything. Throws `source-unreachable`; never for a lack of trust. */
export const lookAtCertificate = (
  endpoint: Endpoint,
  trust: TlsTrust,
  timeoutMs: number,
): Promise<ShownCertificate> =>
  new Promise((resolve, reject) => {
    handshake(endpoint, trust, timeoutMs, (error, socket, shown) => {
      socket?.destroy()
      if (shown === undefined) reject(error ?? new Error('no certificate was shown'))
      else resolve(shown)
    })
  })
