import type { z } from 'zod'
import { TransferLimits } from '../../domain/transfer-limits.js'
import { operation } from './operation.js'

export type TransferLimitsRequest = z.input<typeof TransferLimits>

export const getTransferLimits = operation({
  name: 'getTransferLimits',
  method: 'GET',
  path: '/transfer-limits',
  summary: 'How fast disks are copied: each process, each copy, each platform, and by the week',
  tag: 'transfer-limits',
  role: 'viewer',
  responses: { 200: TransferLimits },
})

export const replaceTransferLimits = operation({
  name: 'replaceTransferLimits',
  method: 'PUT',
  path: '/transfer-limits',
  summary: 'Replaces all transfer limits; running copies follow within seconds',
  tag: 'transfer-limits',
  role: 'admin',
  body: TransferLimits,
  responses: { 200: TransferLimits },
})
