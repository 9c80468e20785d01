import { Failure } from '../domain/failure.js'

const badUrl = (what: string): Failure =>
  new Failure('bad-request', `The database address is not usable: ${what}`, {
    retry: false,
    remedy: 'Write it as mysql://user:password@host:3306/database, or add ?socketPath=/absolute/path.',
  })

/** The parts of a database address. Throws Failure('bad-request') that never repeats the address: it holds a password. */
export const parseDatabaseUrl = (url: string) => {
  if (!URL.canParse(url)) throw badUrl('it is not a URL')
  const parsed = new URL(url)
  if (parsed.protocol !== 'mysql:') throw badUrl(`its scheme is ${parsed.protocol} instead of mysql:`)
  const database = decodeURIComponent(parsed.pathname.slice(1))
  if (!/^[\w$-]{1,64}$/.test(database)) throw badUrl('it names no database, or one with unusual characters')
  const unknown = [...parsed.searchParams.keys()].find((name) => name !== 'socketPath')
  if (unknown !== undefined) throw badUrl(`it has an unknown parameter, ${unknown}`)
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database,
    socketPath: parsed.searchParams.get('socketPath'),
  }
}

/** What every connection of ours is opened with. */
export const connectionOptions = (url: string) => {
  const { socketPath, ...address } = parseDatabaseUrl(url)
  return {
    ...address,
    ...(socketPath === null ? {} : { socketPath }),
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    connectTimeout: 10_000,
    enableKeepAlive: true,
  }
}
