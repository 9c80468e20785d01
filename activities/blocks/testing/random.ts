import { createCipheriv, createHash, type Cipher } from 'node:crypto'

/** A repeatable source of choices: the same seed makes the same ones. */
export interface Random {
  /** From `least` to `most`, both included. */
  int(least: number, most: number): number
  percent(chance: number): boolean
  pick<T>(from: readonly T[]): T
  /** Incompressible. */
  bytes(length: number): Buffer
}

export const seeded = (seed: string): Random => {
  const key = createHash('sha256').update(seed).digest()
  const stream: Cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16))
  const bytes = (length: number): Buffer => stream.update(Buffer.alloc(length))
  const int = (least: number, most: number): number =>
    least + Math.floor((bytes(6).readUIntBE(0, 6) / 2 ** 48) * (most - least + 1))
  return {
    bytes,
    int,
    percent: (chance) => int(0, 99) < chance,
    pick: (from) => from[int(0, from.length - 1)]!,
  }
}
