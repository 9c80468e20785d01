import { existsSync } from 'node:fs'
import type { End } from '../../activities/blocks/end.js'
import { openNbd } from '../../activities/blocks/nbd/nbd-end.js'

type Address = Parameters<typeof openNbd>[0]
type ParseNbdUri = (uri: string) => { readonly address: Address; readonly exportName: string }

/** Opens the source of a copy by its URI. */
export const openSource = async (uri: string): Promise<End> => {
  const parse = await findParseNbdUri()
  const plain = { address: { socketPath: new URL(uri).searchParams.get('socket') ?? '' }, exportName: '' }
  const { address, exportName } = parse?.(uri) ?? plain
  return openNbd(address, { side: 'source', exportName })
}

/** What reads `nbds` URIs; undefined as long as the NBD client has no TLS, with which it comes. */
export const findParseNbdUri = async (): Promise<ParseNbdUri | undefined> => {
  const file = new URL('../../activities/blocks/nbd/uri.ts', import.meta.url)
  if (!existsSync(file)) return undefined
  const { parseNbdUri } = (await import(file.href)) as { readonly parseNbdUri: ParseNbdUri }
  return parseNbdUri
}
