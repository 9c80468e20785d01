import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'

import { run } from './servers.js'

export interface TlsFiles {
  /** Has keys.psk with the keys of alice and bob; for qemu-nbd, which wants a directory. */
  readonly keyDirectory: string
  readonly pskFile: string
  /** ca-cert.pem, server-cert.pem of localhost and 127.0.0.1, client-cert.pem, and their keys. */
  readonly certificates: string
  /** The same of an authority that nobody of `certificates` trusts. */
  readonly strangers: string
}

/** Makes fresh keys and certificates under a directory of the test. */
export const makeTlsFiles = async (path: (name: string) => string): Promise<TlsFiles> => {
  const files = {
    keyDirectory: path('keys'),
    pskFile: path('keys/keys.psk'),
    certificates: path('pki'),
    strangers: path('strangers'),
  }
  const { keyDirectory, certificates, strangers } = files
  for (const directory of [keyDirectory, certificates, strangers]) await mkdir(directory)
  const keys = ['alice', 'bob'].map((user) => `${user}:${randomBytes(32).toString('hex')}\n`)
  await writeFile(files.pskFile, keys.join(''))
  await Promise.all([keyDirectory, certificates].map(keepPrime))
  await Promise.all([certificates, strangers].map(makeCertificates))
  return files
}

/** Without one on file qemu-nbd looks for a prime of its own, up to four seconds, at each start with TLS. */
const keepPrime = async (directory: string): Promise<void> => {
  const words = ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048']
  await run('openssl', [...words, '-out', `${directory}/dh-params.pem`])
}

const makeCertificates = async (directory: string): Promise<void> => {
  const at = (name: string): string => `${directory}/${name}.pem`
  const issue = (
    name: string,
    extensions: readonly string[],
    more: readonly string[] = [],
  ): Promise<string> =>
    run('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=blocks test ${name}`, '-keyout', at(`${name}-key`), '-out', at(`${name}-cert`)],
      ...extensions.flatMap((one) => ['-addext', one]),
      ...more,
    ])
  await issue('ca', ['keyUsage=critical,keyCertSign,cRLSign'])
  const byCa = ['-CA', at('ca-cert'), '-CAkey', at('ca-key')]
  const leaf = ['basicConstraints=critical,CA:false', 'keyUsage=critical,digitalSignature']
  await issue(
    'server',
    [...leaf, 'extendedKeyUsage=serverAuth', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    byCa,
  )
  await issue('client', [...leaf, 'extendedKeyUsage=clientAuth'], byCa)
}

/** How the two servers are told to take nothing but TLS. */
export const nbdkitTls = ({ pskFile, certificates }: TlsFiles, kind: 'psk' | 'x509'): string[] => [
  '--tls=require',
  ...(kind === 'psk'
    ? [`--tls-psk=${pskFile}`]
    : [`--tls-certificates=${certificates}`, '--tls-verify-peer']),
]

export const qemuTls = ({ keyDirectory, certificates }: TlsFiles, kind: 'psk' | 'x509'): string[] => [
  '--object',
  kind === 'psk'
    ? `tls-creds-psk,id=tls0,endpoint=server,dir=${keyDirectory}`
    : `tls-creds-x509,id=tls0,endpoint=server,dir=${certificates},verify-peer=yes`,
  '--tls-creds',
  'tls0',
]
