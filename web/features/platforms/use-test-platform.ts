import { useMutation } from '@tanstack/react-query'
import { testPlatform } from '../../../api/contract/platforms.js'
import { callApi } from '../../lib/api.js'

/** Asks a platform to check itself; answers with its lines. */
export const useTestPlatform = (id: string) =>
  useMutation({ mutationFn: () => callApi(testPlatform, { params: { id } }) })
