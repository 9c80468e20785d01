import { readTransferLimits } from '../../../drizzle/queries/transfer-limits.js'
import { getTransferLimits } from '../../contract/transfer-limits.js'
import { route } from '../../route.js'

export const getTransferLimitsRoute = route(getTransferLimits, async ({ context }) => ({
  status: 200,
  body: await readTransferLimits(context.db),
}))
