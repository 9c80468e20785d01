import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Failure } from '../../domain/failure.js'
import { minPasswordLength } from '../contract/auth.js'

// OWASP's argon2id minimum (19 MiB, 2 passes): some 30 ms here, so that a login cannot starve the process.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Hashes with argon2id (the library's default); the result carries its own salt and cost. */
export const hashPassword = (password: string): Promise<string> => hash(password, cost)

let decoy: Promise<string> | undefined

/**
 * Whether the password is the hash's. Without a hash (unknown user) it verifies against a decoy of the same cost,
 * so that the time of the answer does not tell who exists.
 */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  decoy ??= hashPassword(randomBytes(24).toString('base64url'))
  const matches = await verify(passwordHash ?? (await decoy), password)
  return passwordHash !== undefined && matches
}

/** Makes the decoy ahead of the first login, which would otherwise be slower for an unknown user. */
export const prepareDecoy = async (): Promise<void> => {
  await passwordMatches(undefined, '')
}

/** Throws `bad-request` when a new password is too weak to be taken. */
export function checkNewPassword(newPassword: string, oldPassword: string | null): void {
  const refuse = (sentence: string): never => {
    throw new Failure('bad-request', sentence, { retry: false, remedy: 'Choose another password.' })
  }
  if (newPassword.length < minPasswordLength)
    refuse(`A password must have at least ${minPasswordLength} characters`)
  if (newPassword === oldPassword) refuse('The new password must differ from the old one')
  if (new Set(newPassword).size < 5) refuse('The password must have at least five different characters')
}
