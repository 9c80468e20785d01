import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { readTextIfThere, writeFileAtomically } from './write-file.js'

/** What other tools find in endpoints.json while everything is ready. */
export const Endpoints = z.strictObject({
  api: z.url(),
  ui: z.url(),
  temporal: z.string(),
  temporal_ui: z.url().nullable(),
  /** Holds the password: the file is 0600. */
  database: z.url(),
  lab_vcenter: z.url().nullable(),
  admin_user: z.string(),
  admin_token_file: z.string(),
  processes: z.record(z.string(), z.number().int().positive()),
})

export type Endpoints = z.infer<typeof Endpoints>

export const writeEndpoints = (file: string, endpoints: Endpoints): Promise<void> =>
  writeFileAtomically(file, `${JSON.stringify(Endpoints.parse(endpoints), null, 2)}\n`, 0o600)

export const readEndpoints = async (file: string): Promise<Endpoints | undefined> => {
  const text = await readTextIfThere(file)
  return text === undefined ? undefined : Endpoints.parse(JSON.parse(text))
}

export const removeEndpoints = (file: string): Promise<void> => rm(file, { force: true })
