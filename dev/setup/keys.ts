import { join } from 'node:path'
import { createKeyFile } from '../../activities/vault/create-key-file.js'
import type { Layout } from '../layout.js'
import type { StepReport } from '../progress.js'
import { secretIn } from '../write-file.js'

export interface Keys {
  /** Seals the credentials in the database. */
  readonly keyFile: string
  /** The first password of user `admin`, which must be changed at the first login. */
  readonly adminPasswordFile: string
  /** The API writes its token for tools into it. */
  readonly adminTokenFile: string
}

/** Makes the secrets of this home, once; all files are 0600. */
export const provideKeys = async (layout: Layout, report: StepReport): Promise<Keys> => {
  const keys = {
    keyFile: join(layout.keysDir, 'vault.key'),
    adminPasswordFile: join(layout.keysDir, 'admin-password'),
    adminTokenFile: join(layout.keysDir, 'admin-token'),
  }
  if (!createKeyFile(keys.keyFile)) report.cached()
  await secretIn(keys.adminPasswordFile, 12)
  return keys
}
