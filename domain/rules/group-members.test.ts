import { GroupRules } from '../vm-group.js'
import { matchesGlob } from './glob.js'
import { groupMembers } from './group-members.js'
import type { GroupVm } from './group-members.js'

const vm = (id: string, change: Partial<GroupVm> = {}): GroupVm => ({
  id,
  platform_id: 'plat-1',
  vm_name: id,
  vm_path: `/DC/vm/Prod/${id}`,
  power_state: 'poweredOn',
  ...change,
})
const member = (id: string, priority = 50, enabled = true) => ({ vm_context_id: id, priority, enabled })

test.each([
  { pattern: 'pg*', name: 'PGtest1', is: true },
  { pattern: 'PG?est1', name: 'pgtest1', is: true },
  { pattern: 'pg', name: 'pgtest1', is: false },
  { pattern: '*test?', name: 'pgtest', is: false },
  { pattern: '*a*b', name: 'xaxbxab', is: true },
  { pattern: 'a.c', name: 'abc', is: false },
  { pattern: '***', name: '', is: true },
  { pattern: '?', name: '🂡', is: true },
  { pattern: '[a-z]', name: 'b', is: false },
])('$pattern on $name: $is', ({ pattern, name, is }) => {
  expect(matchesGlob(pattern, name)).toBe(is)
})

test('many stars on a long name are no trap', () => {
  expect(matchesGlob(`${'*a'.repeat(120)}b`, 'a'.repeat(255))).toBe(false)
})

const off = vm('off', { power_state: 'poweredOff' })
const stray = vm('stray', { vm_path: '/DC/vm/Production/stray' })
const deep = vm('deep', { vm_path: '/DC/vm/Prod/a/b/deep' })
const foreign = vm('foreign', { platform_id: 'plat-2' })
const all = [off, stray, deep, foreign]

test.each([
  { name: 'a pattern', rules: { name_patterns: ['D??p', 'st*'] }, takes: ['deep', 'stray'] },
  {
    name: 'a folder, not its namesake',
    rules: { folders: ['/DC/vm/Prod'] },
    takes: ['deep', 'foreign', 'off'],
  },
  { name: 'a folder with slashes to spare', rules: { folders: ['DC/vm/Prod//a/'] }, takes: ['deep'] },
  { name: 'the root', rules: { folders: ['/'] }, takes: ['deep', 'foreign', 'off', 'stray'] },
  { name: 'power states', rules: { power_states: ['poweredOff', 'suspended'] }, takes: ['off'] },
  { name: 'a platform', rules: { name_patterns: ['*'], platform_id: 'plat-2' }, takes: ['foreign'] },
  {
    name: 'every kind at once',
    rules: { name_patterns: ['*f*'], power_states: ['poweredOn'] },
    takes: ['foreign'],
  },
])('rules: $name', ({ rules, takes }) => {
  const found = groupMembers({ rules: GroupRules.parse(rules), members: [] }, all)
  expect(found.vms.map((one) => one.context.id)).toEqual(takes)
  expect(found.vms.every((one) => one.priority === 50)).toBe(true)
  expect(found.leftOut).toEqual([])
})

test('without rules only members are taken, and rules that name nothing take nothing', () => {
  const nothing = { ...GroupRules.parse({ folders: ['/x'] }), folders: [] }
  for (const rules of [null, nothing])
    expect(groupMembers({ rules, members: [member('deep')] }, all).vms).toEqual([
      { context: deep, priority: 50, because: 'member' },
    ])
})

test('what is excluded is left out and says why; a member by hand is taken all the same', () => {
  const rules = GroupRules.parse({
    folders: ['/DC/vm/Prod'],
    exclude_name_patterns: ['DE*'],
    exclude_vm_ids: ['off', 'foreign', 'stray'],
  })
  expect(groupMembers({ rules, members: [member('foreign', 7)] }, all)).toEqual({
    vms: [{ context: foreign, priority: 7, because: 'member' }],
    leftOut: [
      { context: deep, because: 'it is in /DC/vm/Prod, but names such as DE* are excluded' },
      { context: off, because: 'it is in /DC/vm/Prod, but it is excluded by itself' },
    ],
  })
})

test('a disabled member is left out, even where a rule matches it', () => {
  const rules = GroupRules.parse({ name_patterns: ['d*'] })
  const members = [member('deep', 90, false), member('off', 90, false)]
  expect(groupMembers({ rules, members }, all)).toEqual({
    vms: [],
    leftOut: [
      { context: deep, because: 'its membership is disabled, although: its name matches d*' },
      { context: off, because: 'its membership is disabled' },
    ],
  })
})

test('a VM that is a member and matches counts once, with the priority of its membership', () => {
  const rules = GroupRules.parse({ name_patterns: ['*'] })
  const twins = [vm('b', { vm_name: 'same' }), vm('a', { vm_name: 'same' }), vm('z'), vm('last'), vm('c')]
  const members = [member('z', 90), member('last', 10), member('c', 50)]
  const { vms } = groupMembers({ rules, members }, twins)
  expect(vms.map((one) => `${one.context.id} ${one.priority} ${one.because}`)).toEqual([
    'z 90 member',
    'c 50 member',
    'a 50 its name matches *',
    'b 50 its name matches *',
    'last 10 member',
  ])
})
