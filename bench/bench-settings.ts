export interface BenchSettings {
  readonly rounds: number
  /** Where the disks of the bench are made; they are removed afterwards. */
  readonly directory: string
}

const known = ['rounds', 'directory']

/** Reads `rounds=5 directory=/somewhere`; throws with what is wrong and what there is. */
export const benchSettings = (args: readonly string[], defaults: BenchSettings): BenchSettings => {
  const given = new Map(args.map((arg) => [arg.split('=')[0] ?? '', arg.slice(arg.indexOf('=') + 1)]))
  const unknown = [...given.keys()].filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no setting ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const rounds = Number(given.get('rounds') ?? defaults.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`rounds=${given.get('rounds')} is no whole number from 1 on`)
  return { rounds, directory: given.get('directory') ?? defaults.directory }
}
