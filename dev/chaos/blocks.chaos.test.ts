import { runKillCases } from '../../activities/blocks/testing/kill-case.js'

const cases = Number(process.env['SENDENSE_CHAOS_ROUNDS'] ?? 200)
const seed = Number(process.env['SENDENSE_CHAOS_SEED'] ?? Date.now() % 1_000_000)

test(`${cases} copies in which somebody dies, from seed ${seed}: each ends identical and leaves nothing`, async () => {
  const results = await runKillCases(cases, seed, (line) => process.stderr.write(`${line}\n`))
  expect(results).toHaveLength(cases)
})
