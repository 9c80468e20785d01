import { loadOrder } from './initramfs.js'
import { sampleFiles } from './sample-files.js'

const modulesDep = `kernel/a.ko:
kernel/b.ko: kernel/a.ko
kernel/net/c.ko.xz: kernel/b.ko kernel/a.ko
kernel/unused.ko: kernel/a.ko
`

test('modules load after what they need, each once, built-in ones are left out', () => {
  expect(loadOrder(modulesDep, ['c', 'b', 'builtin'])).toEqual([
    'kernel/a.ko',
    'kernel/b.ko',
    'kernel/net/c.ko.xz',
  ])
})

test('sample files are the same at each build and differ by seed', () => {
  const files = sampleFiles(40, 'one')
  expect(files).toHaveLength(40)
  expect(new Set(files.map(({ path }) => path)).size).toBe(40)
  expect(sampleFiles(40, 'one')).toEqual(files)
  expect(sampleFiles(40, 'two')[10]?.content).not.toEqual(files[10]?.content)
})
