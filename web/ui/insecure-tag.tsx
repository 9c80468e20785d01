import type { PlatformTlsMode } from '../../api/contract/platforms.js'
import { insecureMeaning, isInsecure } from '../lib/insecure.js'
import { StatusTag } from './status-tag.js'

/** Marks a VM or a run of a platform whose certificate nobody checks; nothing for the others. */
export const InsecureTag = ({ of }: { of: { readonly platform_tls_mode: PlatformTlsMode } }) =>
  isInsecure(of) ? (
    <span title={insecureMeaning}>
      <StatusTag tone="warning">
        insecure
        <span className="sr-only">: {insecureMeaning}</span>
      </StatusTag>
    </span>
  ) : null
