/** An origin that nobody has: what resolves to another one leads away. */
const here = 'http://sendense.invalid'

/**
 * Where to go after the login: `next` when it is an absolute path of our own, else the dashboard. Whoever makes a
 * link to `/login?next=…` must not be able to send the user who has just typed a password somewhere else.
 */
export const safeNext = (next: string | null): string => {
  if (next === null || !isOwnPath(next) || !URL.canParse(next, here)) return '/'
  const { origin, pathname, search, hash } = new URL(next, here)
  // A browser takes dots out: `/.//evil` would become the host `//evil`.
  if (origin !== here || !isOwnPath(pathname) || /^\/login\/?$/.test(pathname)) return '/'
  return `${pathname}${search}${hash}`
}

/** Paths that the API answers itself: the page's router does not know them. */
export const isServerPath = (path: string): boolean => /^\/(?:temporal|api)(?:[/?#]|$)/.test(path)

// Browsers read `\` as `/` and drop tabs and line breaks: neither may hide a second slash.
const isOwnPath = (path: string): boolean => /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path)
