/** nbdkit on a source: which plugin, with which parameters, is the platform's to say. */
export interface NbdkitSource {
  readonly socketPath: string
  /** The plugin's name and its parameters; a password is `password=-<fd>`, see `Secret`. */
  readonly pluginArgs: readonly string[]
}

/** Arguments for `nbdkit`: always read-only (without it a plugin may write to the source), in the foreground. */
export const nbdkitSource = ({ socketPath, pluginArgs }: NbdkitSource): string[] => [
  '--foreground',
  '--readonly',
  '--unix',
  socketPath,
  ...pluginArgs,
]
