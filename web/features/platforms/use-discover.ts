import { useMutation } from '@tanstack/react-query'
import type { DiscoverAnswer } from '../../../api/contract/discover.js'
import { discover, getDiscovery } from '../../../api/contract/discover.js'
import { callApi } from '../../lib/api.js'

const pollEveryMs = 2000

/** Discovers a platform's VMs; a discovery that outlasts its first answer is asked for until it ends. */
export const useDiscover = (platformId: string) =>
  useMutation({
    mutationFn: async (): Promise<DiscoverAnswer> => {
      let answer = await callApi(discover, { body: { platform_id: platformId } })
      while (!('vms' in answer)) {
        const { request_id } = answer
        await new Promise((resolve) => setTimeout(resolve, pollEveryMs))
        answer = await callApi(getDiscovery, { params: { request_id } })
      }
      return answer
    },
  })
