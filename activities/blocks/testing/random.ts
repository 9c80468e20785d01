import { createCipheriv, createHash } from 'node:crypto'

/** A repeatable source of choices: the same seed makes the same ones. */
export interface Random {
  /** From `least` to `most`, both included. */
  int(least: number, most: number): number
  /** True so often in a hundred. */
  percent(chance: number): boolean
  pick<T>(from: readonly T[]): T
  /** Incompressible. */
  bytes(length: number): Buffer
}

export const seeded = (seed: string): Random => {
  const digest = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-128-ctr', digest.subarray(0, 16), digest.subarray(16))
  const bytes = (length: number): Buffer => cipher.update(Buffer.alloc(length))
  const int = (least: number, most: number): number =>
    least + Math.floor((bytes(6).readUIntBE(0, 6) / 2 ** 48) * (most - least + 1))
  return {
    int,
    bytes,
    percent: (chance) => int(0, 99) < chance,
    pick: <T>(from: readonly T[]): T => {
      const chosen = from[int(0, from.length - 1)]
      if (chosen === undefined) throw new Error('there is nothing to pick from')
      return chosen
    },
  }
}
