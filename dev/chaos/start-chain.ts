import { addLab, protect, startProduct } from '../testing/product.js'
import { runChain } from './chain.js'

const names = ['chaos-1', 'chaos-2']

/** The whole product on a data centre of two small VMs, then so many rounds. */
export const startChain = async (
  rounds: number,
  seed: number,
  say: (line: string) => void,
): Promise<void> => {
  await using product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
  const platform = await addLab(product)
  const contexts = new Map<string, string>()
  for (const name of names) contexts.set(name, await protect(product, platform, name))
  await runChain({ product, contexts, rounds, seed, say })
}
