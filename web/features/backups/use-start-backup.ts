import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import type { StartBackupRequest } from '../../../api/contract/backups.js'
import { listBackups, startBackup } from '../../../api/contract/backups.js'
import { getVmContext, listVmContexts } from '../../../api/contract/vm-contexts.js'
import { callApi } from '../../lib/api.js'
import { randomKey } from '../../lib/random-key.js'

interface Sent {
  readonly text: string
  readonly key: string
}

/** Starts a backup. Sending the same request again (a lost answer) carries the same key and starts nothing twice. */
export const useStartBackup = () => {
  const client = useQueryClient()
  const last = useRef<Sent | undefined>(undefined)
  return useMutation({
    mutationFn: (body: StartBackupRequest) => {
      const text = JSON.stringify(body)
      if (last.current?.text !== text) last.current = { text, key: randomKey() }
      return callApi(startBackup, { body, idempotencyKey: last.current.key })
    },
    onSuccess: () => {
      last.current = undefined
      for (const { name } of [listBackups, listVmContexts, getVmContext])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
