import { tableOf } from './table.js'

const MiB = 2 ** 20

test('one line a contender, medians in columns, a dash where there is nothing', () => {
  const usage = { seconds: 2, cpuSeconds: 1.5, serverCpuSeconds: 3, peakRssBytes: 140 * MiB }
  const ours = { ...usage, idleRssBytes: 80 * MiB, storedBytes: 2045 * MiB, spreadSeconds: 0.5 }
  const table = tableOf([
    {
      name: 'parallel-8',
      contender: 'ours',
      rounds: [ours, { ...ours, seconds: 4 }, { ...ours, seconds: 9 }],
    },
    { name: 'parallel-8', contender: 'nbdcopy', rounds: [usage] },
  ])
  expect(table).toEqual([
    'case        contender  seconds  cpu s  servers s  peak MiB  above idle  stored MiB  spread s',
    'parallel-8  ours          4.00   1.50       3.00       140          60        2045      0.50',
    'parallel-8  nbdcopy       2.00   1.50       3.00       140           -           -         -',
  ])
})
