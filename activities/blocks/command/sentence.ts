// Node's words for a failed call on a file: `ENOENT: no such file or directory, open '/x'`.
const callWords = /^[A-Z][A-Z0-9]+: (.*?), (\w+)(?: '(.*)')?$/s

/** What went wrong as one sentence for an operator: no stack, no class names. */
export const sentenceOf = (error: unknown): string => {
  const message = error instanceof Error || hasMessage(error) ? error.message : String(error)
  const [, problem, call, path] = callWords.exec(message) ?? []
  const said = problem === undefined ? message : `${path ?? 'a file'}: ${call} failed, ${problem}`
  const sentence = `${said.slice(0, 1).toUpperCase()}${said.slice(1)}`.replace(/\s+/g, ' ').trim()
  // A path keeps its first letter.
  const begun = said.startsWith('/') ? said : sentence
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

// By shape: test runners hand out errors of another realm.
const hasMessage = (error: unknown): error is { message: string } =>
  typeof (error as { message?: unknown } | undefined)?.message === 'string'
