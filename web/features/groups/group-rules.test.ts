import type { GroupRules } from '../../../domain/vm-group.js'
import { draftOf, isIdle, rulesOf } from './group-rules.js'
import { rulesText } from './rules-text.js'

const rules: GroupRules = {
  name_patterns: ['pg*', 'db?'],
  folders: ['/DC/vm/Prod'],
  power_states: ['poweredOn', 'suspended'],
  platform_id: 'platform-1',
  exclude_name_patterns: ['*-test'],
  exclude_vm_ids: ['ctx-1', 'ctx-2'],
}
const none = draftOf(null)

test('a form brings back the rules that it was opened with', () => {
  expect(rulesOf(draftOf(rules))).toEqual(rules)
})

test('an untouched form has no rules', () => {
  expect(rulesOf(none)).toBeNull()
  expect(isIdle(none)).toBe(false)
})

test('lines are trimmed and empty ones left out', () => {
  expect(rulesOf({ ...none, namePatterns: '  pg* \n\n\tdb?\n' })?.name_patterns).toEqual(['pg*', 'db?'])
})

test.each([
  { what: 'a platform', draft: { ...none, platformId: 'platform-1' } },
  { what: 'an exclusion', draft: { ...none, excludeNamePatterns: '*-test' } },
  { what: 'an excluded VM', draft: { ...none, excludeVmIds: ['ctx-1'] } },
])('$what alone takes no VM, and the form says so', ({ draft }) => {
  expect(rulesOf(draft)).toBeNull()
  expect(isIdle(draft)).toBe(true)
})

test.each([
  { rules: null, words: 'members by hand only' },
  {
    rules: { ...rules, platform_id: null },
    words: 'named pg* or db?, in /DC/vm/Prod, powered on or suspended; not *-test, 2 VMs by hand',
  },
  { rules: rulesOf({ ...none, powerStates: ['poweredOff'] }), words: 'powered off' },
  {
    rules: rulesOf({ ...none, namePatterns: '*', platformId: 'platform-1' }),
    words: 'named *, on Main site',
  },
])('in words: $words', ({ rules: given, words }) => {
  expect(rulesText(given, () => 'Main site')).toBe(words)
})
