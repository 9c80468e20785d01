export interface BenchSettings {
  readonly rounds: number
  /** Where the disks of the bench are made; they are removed afterwards. */
  readonly directory: string
  /** Which cases to run; only of benches that have some in their defaults. */
  readonly cases?: readonly string[]
}

/** Reads `rounds=5 directory=/somewhere cases=one,two`; throws with what is wrong and what there is. */
export const benchSettings = <Settings extends BenchSettings>(
  args: readonly string[],
  defaults: Settings,
): Settings => {
  const known = Object.keys(defaults)
  const given = new Map(args.map((arg) => [arg.split('=')[0] ?? '', arg.slice(arg.indexOf('=') + 1)]))
  const unknown = [...given.keys()].filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no setting ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const rounds = Number(given.get('rounds') ?? defaults.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`rounds=${given.get('rounds')} is no whole number from 1 on`)
  const directory = given.get('directory') ?? defaults.directory
  const cases = given.get('cases')?.split(',') ?? defaults.cases
  return { ...defaults, rounds, directory, ...(cases && { cases }) }
}
