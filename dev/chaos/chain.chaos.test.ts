import { startChain } from './start-chain.js'

const rounds = Number(process.env['SENDENSE_CHAOS_ROUNDS'] ?? 300)
const seed = Number(process.env['SENDENSE_CHAOS_SEED'] ?? Date.now() % 1_000_000)

test(`${rounds} rounds of random writes and backups from seed ${seed}: every point is what its VM held`, async () => {
  await startChain(rounds, seed, (line) => process.stderr.write(`${line}\n`))
})
