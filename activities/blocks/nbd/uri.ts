import type { NbdAddress, NbdPlace, NbdTls } from './address.js'

const defaultPort = 10_809
const parameterNames = [
  'socket',
  'tls-certificates',
  'tls-psk-file',
  'tls-hostname',
  'tls-verify-peer',
] as const
type ParameterName = (typeof parameterNames)[number]
type Parameters = Partial<Record<ParameterName, string>>

// RFC 3986, appendix B: scheme, authority, path, query, fragment.
const uriParts = /^([^:/?#]+):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/s
const schemes = ['nbd', 'nbds', 'nbd+unix', 'nbds+unix']

/**
 * Reads an NBD URI: `nbd://host[:port]/export`, `nbd+unix:///export?socket=PATH`, and `nbds://`, `nbds+unix://` with
 * libnbd's TLS parameters. Throws a TypeError that names what is wrong and repeats nothing that may be secret.
 */
export const parseNbdUri = (uri: string): { address: NbdAddress; exportName: string } => {
  const [, scheme = '', authority = '', path = '', query = '', fragment] = uriParts.exec(uri) ?? []
  const kind = scheme.toLowerCase()
  if (!schemes.includes(kind))
    throw bad('it does not begin with nbd://, nbds://, nbd+unix:// or nbds+unix://')
  if (fragment !== undefined) throw bad('it has a fragment: write "#" in a name as %23')
  const { user, hostPort } = splitAuthority(authority)
  const parameters = readParameters(query)
  const place = kind.endsWith('+unix') ? unixPlace(hostPort, parameters) : tcpPlace(hostPort, parameters)
  const tls = readTls(kind.startsWith('nbds'), user, parameters)
  const exportName = decode(path.replace(/^\//, ''), 'the export name')
  return { address: tls === undefined ? place : { ...place, tls }, exportName }
}

const bad = (problem: string): TypeError => new TypeError(`Bad NBD URI: ${problem}`)

const decode = (text: string, what: string): string => {
  let decoded: string
  try {
    decoded = decodeURIComponent(text)
  } catch {
    throw bad(`${what} has a "%" that is not followed by the hex digits of UTF-8`)
  }
  if (decoded.includes('\0')) throw bad(`${what} has a NUL character (abstract sockets are not supported)`)
  return decoded
}

const splitAuthority = (authority: string): { user: string | undefined; hostPort: string } => {
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? undefined : authority.slice(0, at)
  if (user?.includes(':') === true) throw bad('it has a password: keys are taken from tls-psk-file only')
  return {
    user: user === undefined || user === '' ? undefined : decode(user, 'the user name'),
    hostPort: authority.slice(at + 1),
  }
}

const readParameters = (query: string): Parameters => {
  const parameters: Parameters = {}
  for (const part of query.split('&').filter((one) => one !== '')) {
    const [, key = '', value] = /^([^=]*)=?(.*)$/s.exec(part) ?? []
    const name = parameterNames.find((one) => one === key)
    if (name === undefined)
      throw bad(/^[a-z][a-z-]{0,30}$/.test(key) ? `unknown parameter "${key}"` : 'an unknown parameter')
    if (parameters[name] !== undefined) throw bad(`${name} is there twice`)
    if (value === undefined || value === '') throw bad(`${name} has no value`)
    parameters[name] = decode(value, name)
  }
  return parameters
}

const unixPlace = (hostPort: string, { socket }: Parameters): NbdPlace => {
  if (hostPort !== '') throw bad('a unix socket has no host: write nbd+unix:///export?socket=PATH')
  if (socket === undefined) throw bad('socket=PATH is missing')
  return { socketPath: socket }
}

const tcpPlace = (hostPort: string, { socket }: Parameters): NbdPlace => {
  if (socket !== undefined) throw bad('socket= belongs to nbd+unix:// and nbds+unix://')
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*))(?::([0-9]*))?$/.exec(hostPort)
  if (match === null)
    throw bad('the host and port cannot be read: write host:port, or [address]:port for IPv6')
  const host = match[1] ?? decode(match[2] ?? '', 'the host')
  if (host === '') throw bad('the host is missing')
  const port = match[3] === undefined || match[3] === '' ? defaultPort : Number(match[3])
  if (port < 1 || port > 65_535) throw bad('the port is not between 1 and 65535')
  return { host, port }
}

const readTls = (isTls: boolean, user: string | undefined, parameters: Parameters): NbdTls | undefined => {
  const stray = parameterNames.find((name) => name.startsWith('tls-') && parameters[name] !== undefined)
  if (!isTls) {
    if (stray !== undefined) throw bad(`${stray} asks for TLS: begin with nbds:// or nbds+unix://`)
    if (user !== undefined) throw bad('a user name asks for TLS: begin with nbds:// or nbds+unix://')
    return undefined
  }
  const { 'tls-psk-file': pskFile, 'tls-certificates': directory, 'tls-hostname': hostname } = parameters
  const verifyPeer = readClaim(parameters['tls-verify-peer'])
  if (pskFile === undefined)
    return {
      kind: 'x509',
      ...(directory === undefined ? {} : { directory }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(verifyPeer === undefined ? {} : { verifyPeer }),
    }
  if (directory !== undefined) throw bad('it has both tls-psk-file and tls-certificates')
  if (hostname !== undefined || verifyPeer !== undefined)
    throw bad('tls-hostname and tls-verify-peer are about certificates; tls-psk-file has none')
  return { kind: 'psk', pskFile, ...(user === undefined ? {} : { user }) }
}

const readClaim = (text: string | undefined): boolean | undefined => {
  if (text === undefined) return undefined
  if (['1', 'true', 'yes'].includes(text)) return true
  if (['0', 'false', 'no'].includes(text)) return false
  throw bad('tls-verify-peer is neither 0 nor 1')
}
