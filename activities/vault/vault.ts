import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Why a secret could not be sealed or opened. The message never holds the secret or the key. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly reason: 'key-file' | 'wrong-key' | 'damaged'

  constructor(reason: 'key-file' | 'wrong-key' | 'damaged', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

export interface Vault {
  /** Seals a secret for one place: `context` (the credential's id) must be given again to open it. */
  seal(plain: string, context: string): string
  /** Throws VaultError: `wrong-key` when another key sealed it, `damaged` when it or its context was changed. */
  open(sealed: string, context: string): string
  /** The token that goes with a public reference: whoever has the key file knows it, it need not be sent to them. */
  tokenOf(reference: string): string
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const version = 'v1'

/** Opens the vault with a key file that only its owner may read. */
export const openVault = (keyFile: string): Vault => {
  const key = readKey(keyFile)
  // Tells a wrong key from a damaged secret without giving the key away.
  const keyId = createHash('sha256').update('sendense key id').update(key).digest('hex').slice(0, 16)
  // A key of its own: what seals secrets signs nothing.
  const tokenKey = Buffer.from(hkdfSync('sha256', key, '', 'sendense token key', keyBytes))
  return {
    seal: (plain, context) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(bound(keyId, context))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return [version, keyId, nonce.toString('base64url'), body.toString('base64url')].join('.')
    },
    tokenOf: (reference) => createHmac('sha256', tokenKey).update(reference).digest('base64url'),
    open: (sealed, context) => {
      const { nonce, body } = parts(sealed, keyId)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(bound(keyId, context))
      decipher.setAuthTag(body.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString(
          'utf8',
        )
      } catch (cause) {
        throw new VaultError('damaged', 'A sealed secret was changed, or belongs to something else', cause)
      }
    },
  }
}

// The version and key id are authenticated too, so no part of a sealed secret can be exchanged.
const bound = (keyId: string, context: string): Buffer =>
  Buffer.from(`${version}.${keyId}.${context}`, 'utf8')

const parts = (sealed: string, keyId: string): { nonce: Buffer; body: Buffer } => {
  if (sealed === '') throw new VaultError('damaged', 'No secret is stored here: it must be entered again')
  const [sealedVersion, sealedBy, nonceText = '', bodyText = '', ...rest] = sealed.split('.')
  const nonce = Buffer.from(nonceText, 'base64url')
  const body = Buffer.from(bodyText, 'base64url')
  // Written back and compared, because decoding base64 ignores what it does not know.
  const isWhole = nonce.toString('base64url') === nonceText && body.toString('base64url') === bodyText
  if (sealedVersion !== version || rest.length > 0 || !isWhole) {
    throw new VaultError('damaged', 'A stored secret is not in the form of a sealed one')
  }
  if (nonce.length !== nonceBytes || body.length < tagBytes) {
    throw new VaultError('damaged', 'A sealed secret is too short')
  }
  if (sealedBy !== keyId) {
    throw new VaultError(
      'wrong-key',
      `A secret was sealed with key ${sealedBy}, and the key file holds ${keyId}`,
    )
  }
  return { nonce, body }
}

const readKey = (keyFile: string): Buffer => {
  const descriptor = openKeyFile(keyFile)
  try {
    const status = fstatSync(descriptor)
    if (!status.isFile()) throw new VaultError('key-file', `The key file ${keyFile} is not a plain file`)
    if ((status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0')
      throw new VaultError('key-file', `Others may read the key file ${keyFile} (mode ${mode}): chmod 600 it`)
    }
    if (status.size !== keyBytes) {
      throw new VaultError(
        'key-file',
        `The key file ${keyFile} holds ${status.size} bytes instead of ${keyBytes}`,
      )
    }
    const key = Buffer.alloc(keyBytes)
    readSync(descriptor, key, 0, keyBytes, 0)
    return key
  } finally {
    closeSync(descriptor)
  }
}

const openKeyFile = (keyFile: string): number => {
  try {
    return openSync(keyFile, 'r')
  } catch (cause) {
    throw new VaultError('key-file', `The key file ${keyFile} cannot be read (${errorCode(cause)})`, cause)
  }
}

const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown'
