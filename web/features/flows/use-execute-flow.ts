import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { listExecutions } from '../../../api/contract/executions.js'
import { executeFlow } from '../../../api/contract/protection-flows.js'
import type { ExecutionBackupType } from '../../../domain/execution.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { randomKey } from '../../lib/random-key.js'
import { staleFlows } from './stale-flows.js'

interface Asked {
  readonly id: string
  readonly type: ExecutionBackupType
}

/** Runs a flow now. Asking the same again after a lost answer carries the same key and starts nothing twice. */
export const useExecuteFlow = () => {
  const client = useQueryClient()
  const last = useRef<(Asked & { readonly key: string }) | undefined>(undefined)
  return useMutation({
    mutationFn: ({ id, type }: Asked) => {
      if (last.current?.id !== id || last.current.type !== type) last.current = { id, type, key: randomKey() }
      return callApi(executeFlow, {
        params: { id },
        body: { backup_type: type },
        idempotencyKey: last.current.key,
      })
    },
    onSuccess: () => {
      last.current = undefined
    },
    onSettled: () => askAgainFor(client, [...staleFlows, listExecutions]),
  })
}
