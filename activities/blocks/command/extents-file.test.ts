import { parseExtents } from './extents-file.js'

test('reads lines in any order, comments and blank lines left out', () => {
  const text = '# areas\n4096 512 # here\n\n  0\t100\n4608 1\n'
  expect(parseExtents(text, 'file', 8192)).toEqual([
    { offset: 0, length: 100 },
    { offset: 4096, length: 513 },
  ])
})

test.each([
  { text: '0 10\n5', problem: 'file, line 2: "5" is not "offset length".' },
  { text: '0 1 2', problem: 'file, line 1' },
  { text: '-1 5', problem: 'file, line 1' },
  { text: '0x10 5', problem: 'file, line 1' },
  { text: '8000 193', problem: 'file, line 1: it ends behind the disk of 8192 bytes.' },
])('names the line that is wrong: $text', ({ text, problem }) => {
  expect(() => parseExtents(text, 'file', 8192)).toThrow(problem)
  expect(() => parseExtents(text, 'file', 8192)).toThrow(expect.objectContaining({ name: 'UsageError' }))
})
