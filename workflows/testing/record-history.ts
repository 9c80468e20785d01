import { mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { temporal } from '@temporalio/proto'

/** With RECORD_HISTORIES=1 the run becomes the one of that name that every later version must replay. */
export const recordHistory = async (
  name: string,
  history: temporal.api.history.v1.IHistory,
): Promise<void> => {
  if (process.env['RECORD_HISTORIES'] !== '1') return
  const folder = join(__dirname, '../histories')
  await mkdir(folder, { recursive: true })
  const host = hostname()
  // Workers, their sticky queues and clients call themselves by the host's name.
  const text = historyToJSON(history)
    .replaceAll(join(__dirname, '../..'), '')
    .replaceAll(`/${host}/`, '/host/')
    .replaceAll(`"${host}/`, '"host/')
    .replaceAll(`@${host}"`, '@host"')
    .replaceAll(`@${host}-`, '@host-')
  await writeFile(join(folder, `${name}.json`), text)
}
