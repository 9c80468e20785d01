import { runKillCases } from './testing/kill-case.js'

jest.setTimeout(600_000)

// `npm run test:chaos -- blocks` has 200 of them, from any seed. Of these, 11 alone finds digests that are not rewound, a
// leg that goes on from what was not flushed, and a checkpoint before its flush.
test('10 copies in which somebody dies end identical, and leave nothing', async () => {
  const said: string[] = []
  const results = await runKillCases(10, 5, (line) => said.push(line))
  expect(results).toHaveLength(10)
  expect(said).toHaveLength(11)
})
