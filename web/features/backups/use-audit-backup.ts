import { useMutation, useQueryClient } from '@tanstack/react-query'
import { auditBackup, getBackup, listBackups } from '../../../api/contract/backups.js'
import type { AuditScope } from '../../../domain/backup.js'
import { callApi } from '../../lib/api.js'

/** Asks a run for an audit. The page is asked again in any case: a refusal says that it was out of date. */
export const useAuditBackup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (scope: AuditScope) => callApi(auditBackup, { params: { id }, body: { scope } }),
    onSettled: () => {
      for (const { name } of [getBackup, listBackups]) void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
