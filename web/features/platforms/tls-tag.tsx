import { ExclamationTriangleIcon } from '@heroicons/react/24/outline'
import type { TlsTrust } from '../../../domain/platform.js'
import { StatusTag } from '../../ui/status-tag.js'

export const tlsTexts: Readonly<Record<TlsTrust['mode'], string>> = {
  verify: 'verified',
  ca: 'own CA',
  thumbprint: 'pinned thumbprint',
  insecure: 'not verified',
}

/** How a platform's certificate is judged. */
export const TlsTag = ({ mode }: { mode: TlsTrust['mode'] }) => (
  <StatusTag tone={mode === 'insecure' ? 'warning' : 'good'}>{tlsTexts[mode]}</StatusTag>
)

/** Stands wherever a platform is used whose certificate nobody checks. */
export const InsecureWarning = () => (
  <p
    role="alert"
    className="flex items-start gap-2 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-sm text-yellow-200"
  >
    <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
    The certificate is not checked: whoever stands between can read the password and change what is backed up.
    Pin the thumbprint instead.
  </p>
)
