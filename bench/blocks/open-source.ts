import type { End } from '../../activities/blocks/end.js'
import { openNbd } from '../../activities/blocks/nbd/nbd-end.js'
import { parseNbdUri } from '../../activities/blocks/nbd/uri.js'

/** Opens the source of a copy by its URI. */
export const openSource = (uri: string): Promise<End> => {
  const { address, exportName } = parseNbdUri(uri)
  return openNbd(address, { side: 'source', exportName })
}
