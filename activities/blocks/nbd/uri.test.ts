import fc from 'fast-check'

import { describeAddress, type NbdAddress, type NbdTls } from './address.js'
import { parseNbdUri } from './uri.js'

test.each([
  ['nbd://example.com', { host: 'example.com', port: 10_809 }, ''],
  ['nbd://example.com/', { host: 'example.com', port: 10_809 }, ''],
  ['nbd://example.com:99/disk', { host: 'example.com', port: 99 }, 'disk'],
  ['nbd://example.com:/disk', { host: 'example.com', port: 10_809 }, 'disk'],
  ['NBD://example.com//disk', { host: 'example.com', port: 10_809 }, '/disk'],
  ['nbd://example.com/hello%20world', { host: 'example.com', port: 10_809 }, 'hello world'],
  ['nbd://example.com/a+b', { host: 'example.com', port: 10_809 }, 'a+b'],
  ['nbd://[::1]:1234/x', { host: '::1', port: 1234 }, 'x'],
  ['nbd://[fe80::1]/x', { host: 'fe80::1', port: 10_809 }, 'x'],
  ['nbd+unix:///disk?socket=/run/nbd.sock', { socketPath: '/run/nbd.sock' }, 'disk'],
  ['nbd+unix://?socket=nbd%26.sock', { socketPath: 'nbd&.sock' }, ''],
  ['nbds://host/x', { host: 'host', port: 10_809, tls: { kind: 'x509' } }, 'x'],
  [
    'nbds://host/x?tls-certificates=/etc/pki&tls-hostname=other&tls-verify-peer=0',
    {
      host: 'host',
      port: 10_809,
      tls: { kind: 'x509', directory: '/etc/pki', hostname: 'other', verifyPeer: false },
    },
    'x',
  ],
  [
    'nbds+unix://alice@/?socket=/s&tls-psk-file=/keys.psk',
    { socketPath: '/s', tls: { kind: 'psk', pskFile: '/keys.psk', user: 'alice' } },
    '',
  ],
  [
    'nbds://host?tls-psk-file=/keys.psk',
    { host: 'host', port: 10_809, tls: { kind: 'psk', pskFile: '/keys.psk' } },
    '',
  ],
])('reads %s', (uri, address, exportName) => {
  expect(parseNbdUri(uri)).toEqual({ address, exportName })
})

test.each([
  ['/run/nbd.sock', /does not begin with nbd:/],
  ['http://host/', /does not begin with nbd:/],
  ['nbd+vsock:///', /does not begin with nbd:/],
  ['nbd://', /host is missing/],
  ['nbd:///export', /host is missing/],
  ['nbd://host:0/', /port is not between/],
  ['nbd://host:65536/', /port is not between/],
  ['nbd://host:ten/', /host and port cannot be read/],
  ['nbd://::1/', /\[address\]:port for IPv6/],
  ['nbd://host/x?socket=/s', /belongs to nbd\+unix/],
  ['nbd+unix:///x', /socket=PATH is missing/],
  ['nbd+unix:///x?socket=', /socket has no value/],
  ['nbd+unix://host/x?socket=/s', /has no host/],
  ['nbd+unix:///x?socket=/a&socket=/b', /socket is there twice/],
  ['nbd+unix:///x?socket=%00abstract', /abstract sockets/],
  ['nbd://host/x%zz', /export name has a "%"/],
  ['nbd://host/x%ff', /export name has a "%"/],
  ['nbd://host/x#y', /fragment/],
  ['nbd://host/x?tls-psk-file=/k', /tls-psk-file asks for TLS/],
  ['nbd://alice@host/x', /user name asks for TLS/],
  ['nbds://host/x?tls-psk-file=/k&tls-certificates=/d', /both tls-psk-file and tls-certificates/],
  ['nbds://host/x?tls-psk-file=/k&tls-verify-peer=0', /about certificates/],
  ['nbds://host/x?tls-verify-peer=maybe', /neither 0 nor 1/],
  ['nbds://host/x?tls-type=psk', /unknown parameter "tls-type"/],
])('says what is wrong with %s', (uri, problem) => {
  expect(() => parseNbdUri(uri)).toThrow(problem)
})

test.each([
  'nbds://alice:0123456789abcdef@host/x?tls-psk-file=/k',
  'nbds://host/x?0123456789abcdef',
  'nbds://host:0123456789abcdef/x',
  'nbds://host/x?tls-verify-peer=0123456789abcdef',
  '0123456789abcdef',
])('never repeats a secret that stands in a wrong place', (uri) => {
  expect(() => parseNbdUri(uri)).toThrow(/^Bad NBD URI: (?!.*0123456789abcdef)/)
})

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => !/\0|[\ud800-\udfff]/.test(one))
const optional = <T extends object>(part: fc.Arbitrary<T>) => fc.oneof(fc.constant({}), part)
const x509 = fc
  .tuple(
    optional(fc.record({ directory: text })),
    optional(fc.record({ hostname: text })),
    optional(fc.record({ verifyPeer: fc.boolean() })),
  )
  .map((parts) => Object.assign({ kind: 'x509' as const }, ...parts) as NbdTls)
const psk = fc
  .tuple(text, optional(fc.record({ user: text })))
  .map(([pskFile, user]) => ({ kind: 'psk' as const, pskFile, ...user }))
const place = fc.oneof(
  fc.record({ socketPath: text }),
  fc.record({
    host: fc.oneof(fc.domain(), fc.ipV6(), fc.ipV4()),
    port: fc.integer({ min: 1, max: 65_535 }),
  }),
)
const anyAddress = fc
  .tuple(place, fc.oneof(fc.constant(undefined), x509, psk))
  .map(([at, tls]): NbdAddress => (tls === undefined ? at : { ...at, tls }))

const tlsQuery = (tls: NbdTls | undefined): Record<string, string | undefined> => {
  if (tls === undefined) return {}
  if (tls.kind === 'psk') return { 'tls-psk-file': tls.pskFile }
  const { directory, hostname, verifyPeer } = tls
  return {
    'tls-certificates': directory,
    'tls-hostname': hostname,
    'tls-verify-peer': verifyPeer === undefined ? undefined : String(Number(verifyPeer)),
  }
}

const writeUri = (address: NbdAddress, exportName: string): string => {
  const { tls } = address
  const isUnix = 'socketPath' in address
  const query = { ...(isUnix ? { socket: address.socketPath } : {}), ...tlsQuery(tls) }
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  )
  const user = tls?.kind === 'psk' && tls.user !== undefined ? `${encodeURIComponent(tls.user)}@` : ''
  const host = isUnix ? '' : describeAddress({ host: address.host, port: address.port })
  const scheme = `nbd${tls === undefined ? '' : 's'}${isUnix ? '+unix' : ''}`
  const asked = parts.length === 0 ? '' : `?${parts.join('&')}`
  return `${scheme}://${user}${host}/${encodeURIComponent(exportName)}${asked}`
}

test('gives back every address and export name that was written as a URI', () => {
  fc.assert(
    fc.property(anyAddress, fc.oneof(fc.constant(''), text), (address, exportName) => {
      expect(parseNbdUri(writeUri(address, exportName))).toEqual({ address, exportName })
    }),
  )
})

test('takes or refuses any text with a TypeError, never with another error', () => {
  fc.assert(
    fc.property(fc.string(), (tail) => {
      try {
        parseNbdUri(`nbds://${tail}`)
      } catch (error) {
        expect((error as Error).message).toMatch(/^Bad NBD URI: /)
      }
    }),
  )
})
