import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** The fingerprint of a whole digest file, as the manifest keeps it: `sha256:<hex>`. */
export const sealOf = async (digestFile: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256')
  const bytes = createReadStream(digestFile, { highWaterMark: 1024 * 1024, ...(signal && { signal }) })
  for await (const chunk of bytes) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
