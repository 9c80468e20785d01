import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'

import type { NbdPlace, NbdTls } from './address.js'

// Nothing but AES-GCM is offered: gnutls servers would else take ChaCha20 for keys, at 3.5 times the work. RFC 8446
// makes the first one mandatory for TLS 1.3.
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384']
const ciphers = {
  psk: [...tls13Ciphers, 'DHE-PSK-AES128-GCM-SHA256', 'DHE-PSK-AES256-GCM-SHA384', 'PSK-AES128-GCM-SHA256'],
  x509: [
    ...tls13Ciphers,
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ],
}

/** Keys or certificates from their files. Rejects with an error whose `code` is an errno and whose text is no secret. */
export const loadCredentials = async (tls: NbdTls, place: NbdPlace): Promise<ConnectionOptions> => {
  const common = { minVersion: 'TLSv1.2', ciphers: ciphers[tls.kind].join(':') } as const
  return { ...common, ...(tls.kind === 'psk' ? await loadKey(tls) : await loadCertificates(tls, place)) }
}

type Kind<K> = Extract<NbdTls, { kind: K }>

const loadKey = async ({ pskFile, user }: Kind<'psk'>): Promise<ConnectionOptions> => {
  const identity = user ?? userInfo().username
  const lines = (await load(pskFile)).toString('utf8').split(/\r?\n/)
  const line = lines.find((one) => one.startsWith(`${identity}:`))
  if (line === undefined) throw refused('ENOENT', `${pskFile} has no key of the user "${identity}"`)
  const key = line.slice(identity.length + 1).trim()
  if (!/^(?:[0-9a-f]{2})+$/i.test(key))
    throw refused('EINVAL', `the key of the user "${identity}" in ${pskFile} is not hexadecimal`)
  return {
    pskCallback: () => ({ psk: Buffer.from(key, 'hex'), identity }),
    // A server that shows a certificate instead of the key is none of ours, whoever signed it.
    ca: [],
    checkServerIdentity: () => refused('EACCES', 'the server does not know the key'),
  }
}

const loadCertificates = async (
  { directory, hostname, verifyPeer = true }: Kind<'x509'>,
  place: NbdPlace,
): Promise<ConnectionOptions> => {
  const name = hostname ?? ('host' in place ? place.host : 'localhost')
  const check: ConnectionOptions = {
    rejectUnauthorized: verifyPeer,
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(isIP(name) === 0 ? { servername: name } : {}),
  }
  if (directory === undefined) return check
  const [ca, cert, key, crl] = await Promise.all([
    load(join(directory, 'ca-cert.pem')),
    loadIfThere(join(directory, 'client-cert.pem')),
    loadIfThere(join(directory, 'client-key.pem')),
    loadIfThere(join(directory, 'ca-crl.pem')),
  ])
  if ((cert === undefined) !== (key === undefined))
    throw refused('ENOENT', `${directory} has only one of client-cert.pem and client-key.pem`)
  return { ...check, ca, ...(cert && key ? { cert, key } : {}), ...(crl ? { crl } : {}) }
}

const refused = (code: string, text: string): Error => Object.assign(new Error(text), { code })

const load = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refused(error.code ?? 'EIO', `cannot read ${path}`)
  })

const loadIfThere = (path: string): Promise<Buffer | undefined> =>
  load(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
