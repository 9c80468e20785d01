import { nbdkitSource } from './nbdkit-source.js'
import { createQcow2Args } from './qemu-img.js'
import { qemuNbdReader, qemuNbdTarget } from './qemu-nbd-target.js'

test('nbdkit serves read-only, in the foreground, what the platform names', () => {
  expect(nbdkitSource({ socketPath: '/run/s.sock', pluginArgs: ['vddk', 'password=-3'] })).toEqual([
    '--foreground',
    '--readonly',
    '--unix',
    '/run/s.sock',
    'vddk',
    'password=-3',
  ])
})

test('qemu-nbd writes with ordered flushes and zero clusters, and never with lazy refcounts or unsafe caching', () => {
  const args = qemuNbdTarget({ socketPath: '/run/t.sock', exportName: 'disk-1', file: '/r/d.qcow2' })
  expect(args.join(' ')).toBe(
    '-k /run/t.sock --persistent --shared=8 -f qcow2 --cache=writeback --discard=unmap --detect-zeroes=unmap -x disk-1 /r/d.qcow2',
  )
})

test('a reader cannot write', () => {
  const args = qemuNbdReader({ socketPath: '/run/r.sock', exportName: 'x', file: '/r/d.raw', format: 'raw' })
  expect(args).toContain('--read-only')
  expect(args.join(' ')).toContain('-f raw')
})

test('an overlay names its parent and the parent’s format', () => {
  expect(createQcow2Args('c.qcow2', 1048576, 'p.qcow2').join(' ')).toBe(
    'create -q -f qcow2 -o cluster_size=65536,lazy_refcounts=off -b p.qcow2 -F qcow2 ./c.qcow2 1048576',
  )
})
