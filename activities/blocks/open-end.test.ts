import { writeFile } from 'node:fs/promises'

import { openEnd, parseEndUri } from './open-end.js'
import { noise, scratch } from './testing/scratch.js'

test.each([
  { uri: '/a/disk.raw', path: '/a/disk.raw' },
  { uri: 'disk.raw', path: 'disk.raw' },
  { uri: './nbd:odd', path: './nbd:odd' },
  { uri: 'file:///a/my%20disk', path: '/a/my disk' },
  { uri: 'file:/a/disk', path: '/a/disk' },
  { uri: 'file://localhost/a/disk', path: '/a/disk' },
])('$uri is a file', ({ uri, path }) => {
  expect(parseEndUri(uri)).toEqual({ kind: 'file', path })
})

test.each([
  { uri: 'nbd://host', address: { host: 'host', port: 10_809 }, exportName: '' },
  { uri: 'nbd://host:1/a%2Fb', address: { host: 'host', port: 1 }, exportName: 'a/b' },
  { uri: 'nbd+unix:///x?socket=/s', address: { socketPath: '/s' }, exportName: 'x' },
  {
    uri: 'nbds+unix:///?socket=/s&tls-psk-file=/keys',
    address: { socketPath: '/s', tls: { kind: 'psk', pskFile: '/keys' } },
    exportName: '',
  },
])('$uri is an export', ({ uri, address, exportName }) => {
  expect(parseEndUri(uri)).toEqual({ kind: 'nbd', address, exportName })
})

test.each([
  { uri: 'https://host/disk', text: 'There is no way to open https:' },
  { uri: 'ssh://host/disk', text: 'There is no way to open ssh:' },
  { uri: 'vm:disk', text: 'a path with a colon begins with ./ or /' },
  { uri: 'file:disk', text: 'has an absolute path' },
  { uri: 'file://elsewhere/disk', text: 'has an absolute path' },
  { uri: 'nbd+unix:///x', text: 'socket' },
  { uri: '', text: 'names no disk' },
])('refuses "$uri"', async ({ uri, text }) => {
  expect(() => parseEndUri(uri)).toThrow(text)
  const opening = openEnd(uri, { side: 'target' })
  await expect(opening).rejects.toMatchObject({
    name: 'EndError',
    side: 'target',
    op: 'open',
    errno: 'EINVAL',
  })
  await expect(opening).rejects.toThrow(text)
})

test('opens files, and makes targets', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('disk'), noise(4096, 1))
  await using source = await openEnd(`file://${dir.path('disk')}`, { side: 'source' })
  expect((await source.read(0, 4096)).equals(noise(4096, 1))).toBe(true)
  await using target = await openEnd(dir.path('new'), { side: 'target', create: { sizeBytes: 4096 } })
  expect(target).toMatchObject({ sizeBytes: 4096, readOnly: false, isCreated: true })
})
