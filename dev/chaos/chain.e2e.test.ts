import { startChain } from './start-chain.js'

test('20 rounds of random writes and backups: every point is what its VM held', async () => {
  const said: string[] = []
  await startChain(20, 1, (line) => said.push(line))
  expect(said).toHaveLength(4)
})
