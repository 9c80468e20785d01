import { isServerPath, safeNext } from './safe-next.js'

test.each([
  '/temporal/',
  '/temporal/namespaces/default/workflows/backup%3Actx-1/run/history',
  '/backups?status=failed#top',
  '/vms',
  '/',
  // Encoded slashes stay what they are: characters of a path of our own.
  '/%2F%2Fevil.example',
  '/%5Cevil.example',
  '/vms?back=//evil.example',
])('%s is followed', (next) => expect(safeNext(next)).toBe(next))

test.each([
  { name: 'nothing', next: null },
  { name: 'an empty text', next: '' },
  { name: 'another host', next: '//evil.example' },
  { name: 'three slashes', next: '///evil.example' },
  { name: 'a backslash for a slash', next: '/\\evil.example' },
  { name: 'two backslashes', next: '\\\\evil.example' },
  { name: 'a backslash further on', next: '/vms\\..\\..\\evil' },
  { name: 'a scheme', next: 'https:' },
  { name: 'a full address', next: 'https://evil.example/vms' },
  { name: 'a scheme without slashes', next: 'https:evil.example' },
  { name: 'a script', next: 'javascript:alert(1)' },
  { name: 'a relative path', next: 'vms' },
  { name: 'an encoded host', next: '%2F%2Fevil.example' },
  { name: 'an encoded backslash', next: '%5Cevil.example' },
  { name: 'an encoded scheme', next: 'https%3A%2F%2Fevil.example' },
  { name: 'a tab before the second slash', next: '/\t/evil.example' },
  { name: 'a line break before the second slash', next: '/\n/evil.example' },
  { name: 'a blank before', next: ' //evil.example' },
  { name: 'dots that go away', next: '/.//evil.example' },
  { name: 'dots that climb', next: '/..//evil.example' },
  { name: 'encoded dots that go away', next: '/%2e//evil.example' },
  { name: 'the login itself', next: '/login?next=/login' },
])('$name leads to the dashboard', ({ next }) => expect(safeNext(next)).toBe('/'))

test.each([
  ['/temporal/', true],
  ['/temporal', true],
  ['/temporal?x=1', true],
  ['/api/docs', true],
  ['/temporals', false],
  ['/vms', false],
])('%s belongs to the server: %s', (path, belongs) => expect(isServerPath(path)).toBe(belongs))
