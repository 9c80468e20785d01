import { runCases } from './backup.js'
import { casesInRound } from './moments.js'

const cases = Number(process.env['SENDENSE_CHAOS_ROUNDS'] ?? casesInRound)
const seed = Number(process.env['SENDENSE_CHAOS_SEED'] ?? Date.now() % 1_000_000)

test(`${cases} backups in which somebody dies, from seed ${seed}: each ends in the right bytes and leaves nothing`, async () => {
  const results = await runCases(cases, seed, (line) => process.stderr.write(`${line}\n`))
  expect(results).toHaveLength(cases)
})
