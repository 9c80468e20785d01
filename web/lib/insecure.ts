import type { PlatformTlsMode } from '../../api/contract/platforms.js'

/** What "insecure" means, wherever it is shown. */
export const insecureMeaning =
  "The platform's certificate is not checked: whoever stands between can read the password and change what is backed up. Pin the thumbprint instead."

export const isInsecure = (of: { readonly platform_tls_mode: PlatformTlsMode }): boolean =>
  of.platform_tls_mode === 'insecure'
