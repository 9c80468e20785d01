import { requestHash } from './request-hash.js'

const body = { vm_context_id: 'ctx-1', repository_id: 1, exclude_disks: ['a', 'b'], quiesce: 'prefer' }

test('the order of fields does not matter', () => {
  const turned = { quiesce: 'prefer', exclude_disks: ['a', 'b'], repository_id: 1, vm_context_id: 'ctx-1' }
  expect(requestHash('start', turned)).toBe(requestHash('start', body))
})

test('a field that is undefined is like one that is absent', () => {
  expect(requestHash('start', { ...body, vm_name: undefined })).toBe(requestHash('start', body))
})

test.each([
  { name: 'another value', other: { ...body, repository_id: 2 } },
  { name: 'a number for a text', other: { ...body, repository_id: '1' } },
  { name: 'another order of a list', other: { ...body, exclude_disks: ['b', 'a'] } },
  { name: 'a field more', other: { ...body, backup_type: 'full' } },
  { name: 'null instead of absent', other: { ...body, vm_name: null } },
])('$name changes the hash', ({ other }) => {
  expect(requestHash('start', other)).not.toBe(requestHash('start', body))
})

test('another operation with the same body has another hash', () => {
  expect(requestHash('delete', body)).not.toBe(requestHash('start', body))
})
