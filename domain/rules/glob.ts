/**
 * Whether a name matches a pattern of `*` (any run) and `?` (one character), whatever the case. Goes back to the latest
 * star only: a regular expression of many stars would take for ever on a name that nearly matches.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const [wanted, given] = [[...pattern.toLowerCase()], [...name.toLowerCase()]]
  let [at, star, retry] = [0, -1, 0]
  for (let seen = 0; seen < given.length;) {
    if (wanted[at] === '*') {
      star = at
      retry = seen
      at += 1
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[seen])) {
      at += 1
      seen += 1
    } else if (star >= 0) {
      at = star + 1
      retry += 1
      seen = retry
    } else return false
  }
  return wanted.slice(at).every((rest) => rest === '*')
}
