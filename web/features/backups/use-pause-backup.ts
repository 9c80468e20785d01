import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getBackup, listBackups, pauseBackup, resumeBackup } from '../../../api/contract/backups.js'
import { callApi } from '../../lib/api.js'

/** Pauses or resumes. What is on the page is asked again in any case: a refusal says that it was out of date. */
export const usePauseBackup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (action: 'pause' | 'resume') =>
      callApi(action === 'pause' ? pauseBackup : resumeBackup, { params: { id } }),
    onSettled: () => {
      for (const { name } of [getBackup, listBackups]) void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
