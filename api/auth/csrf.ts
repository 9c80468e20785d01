/** What of a request tells whether our own page sent it. */
export interface Provenance {
  readonly method: string
  /** Where the caller's identity came from. A bearer token is never sent by a browser on its own. */
  readonly via: 'cookie' | 'bearer' | 'none'
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
  readonly csrfHeader: string | undefined
  /** The Temporal UI's own calls do not know our header. */
  readonly needsHeader: boolean
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Why a request may be forged by another site, or null. Reading is not restricted: answers carry no CORS leave. */
export function csrfRefusal(request: Provenance): string | null {
  if (safeMethods.has(request.method) || request.via === 'bearer') return null
  if (request.secFetchSite !== undefined && !['same-origin', 'none'].includes(request.secFetchSite))
    return 'The request comes from another site'
  if (request.origin !== undefined && hostOf(request.origin) !== request.host?.toLowerCase())
    return 'The request comes from another origin'
  if (request.via === 'cookie' && request.needsHeader && request.csrfHeader !== '1')
    return 'The header x-sendense-csrf: 1 is missing'
  return null
}

const hostOf = (origin: string): string | null => {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}
