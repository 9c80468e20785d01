import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { Db } from '../../drizzle/open.js'
import { deleteApiTokensNamed, insertApiToken, userByApiToken } from '../../drizzle/queries/api-tokens.js'
import { countUsers, insertUser, listUsers } from '../../drizzle/queries/users.js'
import { readableId } from '../../drizzle/queries/readable-id.js'
import { randomId } from '../ids.js'
import { hashPassword } from './passwords.js'
import { newToken } from './tokens.js'

export const firstAdminName = 'admin'
const toolsTokenName = 'local tools'

/** Makes the first admin with the password in the file when there is no user at all; it must be changed at first login. */
export async function ensureFirstAdmin(db: Db, passwordFile: string | undefined, log: Logger): Promise<void> {
  if ((await countUsers(db)) > 0) return
  if (passwordFile === undefined) {
    log.warn(
      'There is no user yet: set SENDENSE_ADMIN_PASSWORD_FILE to a file with the first password and start again',
    )
    return
  }
  const password = (await readFile(passwordFile, 'utf8')).trim()
  if (password === '') throw new Error('The file in SENDENSE_ADMIN_PASSWORD_FILE is empty')
  await insertUser(db, {
    id: readableId('user', firstAdminName),
    username: firstAdminName,
    role: 'admin',
    must_change_password: true,
    password_hash: await hashPassword(password),
  })
}

/** Writes an API token of an admin into the file (0600), unless one that still works is there. */
export async function ensureAdminToken(db: Db, tokenFile: string | undefined): Promise<void> {
  if (tokenFile === undefined) return
  const known = await readFile(tokenFile, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
  if (known !== '') {
    const owner = await userByApiToken(db, known, new Date().toISOString())
    if (owner?.user.role === 'admin') return
  }
  const admin = (await listUsers(db)).find((user) => user.role === 'admin')
  if (admin === undefined) return
  // The file was lost: whoever has it must not keep an admin's rights for ever.
  await deleteApiTokensNamed(db, toolsTokenName)
  const token = newToken('api')
  await insertApiToken(db, {
    id: randomId('token'),
    userId: admin.id,
    name: toolsTokenName,
    token,
    expiresAt: null,
  })
  const temporary = `${tokenFile}.${process.pid}.tmp`
  await writeFile(temporary, `${token}\n`, { mode: 0o600 })
  await rename(temporary, tokenFile)
}
