import type { PreviewedChain } from '../../../api/contract/policies.js'
import { chainsInOrder } from './chains-in-order.js'

const chain = (id: string, goes: boolean, oldest: string): PreviewedChain => ({
  vm_context_id: 'ctx-1',
  vm_name: 'pgtest1',
  repository_id: 1,
  repository_name: 'main',
  backup_ids: [id],
  oldest,
  newest: oldest,
  bytes_stored: 1,
  goes,
  reason: '',
})

test('what goes stands first, each kind by age', () => {
  const chains = [
    chain('new', false, '2026-11-20T00:00:00Z'),
    chain('going-late', true, '2026-11-02T00:00:00Z'),
    chain('kept', false, '2026-10-01T00:00:00Z'),
    chain('going', true, '2026-11-01T00:00:00Z'),
  ]
  expect(chainsInOrder(chains).map((each) => each.backup_ids[0])).toEqual([
    'going',
    'going-late',
    'kept',
    'new',
  ])
})
