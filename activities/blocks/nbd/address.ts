/** How to reach a server: a unix socket or a TCP port, in plain text or, where `tls` says how, encrypted. */
export type NbdAddress = NbdPlace & { readonly tls?: NbdTls }

export type NbdPlace = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/** With `tls` a connection is encrypted and its server is checked, or there is none: nothing is negotiated down. */
export type NbdTls =
  | {
      readonly kind: 'psk'
      /** Lines of `user:hexkey`, read whenever a connection opens. */
      readonly pskFile: string
      /** Whose line; the user of this process where none is named. */
      readonly user?: string
    }
  | {
      readonly kind: 'x509'
      /** Has ca-cert.pem and, for servers that ask for one, client-cert.pem with client-key.pem. */
      readonly directory?: string
      /** The name to find in the server's certificate: else the host, `localhost` for a unix socket. */
      readonly hostname?: string
      /** False takes any server's certificate: then nothing tells it from an impostor. */
      readonly verifyPeer?: boolean
    }

export const describeAddress = (address: NbdAddress): string => {
  const tls = address.tls === undefined ? '' : ` (TLS, ${address.tls.kind})`
  if ('socketPath' in address) return `${address.socketPath}${tls}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${host}:${address.port}${tls}`
}
