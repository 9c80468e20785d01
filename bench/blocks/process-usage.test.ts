import { cpuOf, memoryOf, parseStat, parseStatus } from './process-usage.js'

test('reads the CPU of a process whose name has blanks and brackets', () => {
  const stat =
    '4711 (nbd) copy (1) S 1 2 3 0 -1 4194304 103 0 0 0 250 50 700 300 20 0 5 0 5929345 3133440 390'
  expect(parseStat(stat)).toEqual({ own: 3, ended: 10 })
})

test('reads memory in bytes', () => {
  const status = 'Name:\tnbdcopy\nVmPeak:\t  900 kB\nVmHWM:\t   40 kB\nVmRSS:\t   30 kB\nThreads:\t5\n'
  expect(parseStatus(status)).toEqual({ rssBytes: 30 * 1024, peakRssBytes: 40 * 1024 })
})

test('a process that is ending has no memory left to tell of', () => {
  expect(parseStatus('Name:\tnbdcopy\nState:\tZ (zombie)\n')).toEqual({})
})

test('reads this very process, and nothing of one that is gone', () => {
  expect(cpuOf('self').own).toBeGreaterThan(0)
  expect(memoryOf('self')!.peakRssBytes).toBeGreaterThan(2 ** 20)
  expect(memoryOf(2 ** 30)).toBeUndefined()
})
