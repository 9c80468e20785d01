import type { TlsTrust } from '../../../domain/platform.js'
import { InsecureTag } from '../../ui/insecure-tag.js'
import { StatusTag } from '../../ui/status-tag.js'

const texts: Readonly<Record<Exclude<TlsTrust['mode'], 'insecure'>, string>> = {
  verify: 'verified',
  ca: 'own CA',
  thumbprint: 'pinned thumbprint',
}

/** How a platform's certificate is judged. */
export const TlsTag = ({ mode }: { mode: TlsTrust['mode'] }) =>
  mode === 'insecure' ? (
    <InsecureTag of={{ platform_tls_mode: mode }} />
  ) : (
    <StatusTag tone="good">{texts[mode]}</StatusTag>
  )
