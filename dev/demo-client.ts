import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The product as the demo drives it: through its public API, with the tools' token. */
export interface ApiClient {
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  download(path: string, toFile: string): Promise<void>
}

export async function apiClient(api: string, tokenFile: string): Promise<ApiClient> {
  const authorization = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`
  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${api}/api/v1${path}`, {
      method,
      headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { detail?: string; remedy?: string }
    throw new Error(
      `${method} ${path}: ${response.status} ${problem.detail ?? ''} ${problem.remedy ?? ''}`.trim(),
    )
  }
  return {
    call: async <T>(method: string, path: string, body?: unknown) => {
      const response = await ask(method, path, body)
      return (response.status === 204 ? undefined : await response.json()) as T
    },
    download: async (path, toFile) => {
      const { body } = await ask('GET', path)
      if (body === null) throw new Error(`GET ${path}: no content`)
      await pipeline(Readable.fromWeb(body as never), createWriteStream(toFile, { mode: 0o600 }))
    },
  }
}
