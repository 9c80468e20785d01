import { rateFacts } from './rates.js'

const MiB = 2 ** 20

test.each([
  { what: 'no sample', samples: [], facts: null },
  { what: 'nothing copied yet', samples: [[100, 0] as [number, number]], facts: null },
  {
    what: 'a steady copy',
    samples: [
      [100, 10 * MiB],
      [101, 10 * MiB],
    ] as [number, number][],
    facts: { peak: 10 * MiB, average: 10 * MiB, efficiencyPercent: 100 },
  },
  {
    what: 'seconds without a sample',
    samples: [
      [100, 8 * MiB],
      [103, 4 * MiB],
    ] as [number, number][],
    facts: { peak: 8 * MiB, average: 3 * MiB, efficiencyPercent: 38 },
  },
  {
    what: 'what is older than a minute',
    samples: [
      [100, 900 * MiB],
      [160, 2 * MiB],
      [161, 4 * MiB],
    ] as [number, number][],
    facts: { peak: 4 * MiB, average: 3 * MiB, efficiencyPercent: 75 },
  },
])('peak, average and efficiency with $what', ({ samples, facts }) => {
  expect(rateFacts(samples)).toEqual(facts)
})
