import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { End } from '../../activities/blocks/end.js'
import { openNbd } from '../../activities/blocks/nbd/nbd-end.js'

type Address = Parameters<typeof openNbd>[0]
type ParseNbdUri = (uri: string) => { readonly address: Address; readonly exportName: string }

/** Opens the source of a copy by its URI. */
export const openSource = async (uri: string): Promise<End> => {
  const parse = uri.startsWith('nbds') ? await findParseNbdUri() : undefined
  if (uri.startsWith('nbds') && parse === undefined) throw new Error('there is no TLS yet')
  const socketPath = new URL(uri).searchParams.get('socket') ?? ''
  const { address, exportName } = parse?.(uri) ?? { address: { socketPath }, exportName: '' }
  return openNbd(address, { side: 'source', exportName })
}

/** Undefined as long as the NBD client has no TLS: the part of it that reads `nbds` URIs comes with it. */
export const findParseNbdUri = async (): Promise<ParseNbdUri | undefined> => {
  const folder = fileURLToPath(new URL('../../activities/blocks/nbd/', import.meta.url))
  const names = (await readdir(folder)).filter((name) => /uri\.ts$/.test(name))
  for (const name of names) {
    const { parseNbdUri } = (await import(`${folder}${name}`)) as { readonly parseNbdUri?: ParseNbdUri }
    if (parseNbdUri !== undefined) return parseNbdUri
  }
  return undefined
}
