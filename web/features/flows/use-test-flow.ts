import { useMutation } from '@tanstack/react-query'
import { testFlow } from '../../../api/contract/protection-flows.js'
import { callApi } from '../../lib/api.js'

export const useTestFlow = (id: string) =>
  useMutation({ mutationFn: () => callApi(testFlow, { params: { id } }) })
