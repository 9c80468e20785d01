import { Failure } from '../../../domain/failure.js'

/** Where a vCenter answers. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** True where the operator named a port: then other tools are given it too. */
  readonly portNamed: boolean
  /** Host and, where named, port: for messages. */
  readonly display: string
}

/** Reads `host`, `host:port` or `[v6]:port`. Throws `bad-request` for anything else. */
export const endpointOf = (host: string): Endpoint => {
  const [, bracketed, plain, portText] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+))(?::(\d{1,5}))?$/i.exec(host.trim()) ?? []
  const name = bracketed ?? plain
  const port = portText === undefined ? 443 : Number(portText)
  if (name === undefined || port < 1 || port > 65_535)
    throw new Failure('bad-request', `"${host}" is not a host name or address, with or without a port`, {
      retry: false,
      remedy:
        'Write the host alone, such as vcenter.example.com or 10.0.0.5:8443, without https:// and path.',
    })
  return { host: name, port, portNamed: portText !== undefined, display: host.trim() }
}
