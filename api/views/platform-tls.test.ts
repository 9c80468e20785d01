import { tlsModeIn } from './platform-tls.js'

const modes = new Map([
  ['platform-1', 'thumbprint'],
  ['platform-2', 'insecure'],
] as const)

test.each([
  { name: 'a pinned thumbprint', platform_id: 'platform-1', mode: 'thumbprint' },
  { name: 'an unchecked certificate', platform_id: 'platform-2', mode: 'insecure' },
  { name: 'a platform that is not in the records', platform_id: 'platform-3', mode: 'insecure' },
])('$name counts as $mode', ({ platform_id, mode }) => expect(tlsModeIn(modes, { platform_id })).toBe(mode))
