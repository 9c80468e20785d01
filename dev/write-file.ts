import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'

/** Replaces a file in one step: a reader sees the old text or the new, never half. */
export const writeFileAtomically = async (file: string, text: string, mode: number): Promise<void> => {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = await open(draft, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
}

/** The secret in a 0600 file; made at the first call from `bytes` random bytes. */
export const secretIn = async (file: string, bytes: number): Promise<string> => {
  const present = await readTextIfThere(file)
  if (present !== undefined && present.trim() !== '') return present.trim()
  const secret = randomBytes(bytes).toString('base64url')
  await writeFileAtomically(file, `${secret}\n`, 0o600)
  return secret
}

export const readTextIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
