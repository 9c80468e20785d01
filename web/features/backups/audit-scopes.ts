import type { AuditScope } from '../../../domain/backup.js'
import type { Choice } from '../../ui/select-field.js'

/** How much an audit reads, in words. */
export const auditScopes: readonly Choice<AuditScope>[] = [
  { value: 'sample', text: 'A sample: some of each disk, soon done' },
  { value: 'all', text: 'All: as long as a full backup takes' },
]
