import { connectionOptions, parseDatabaseUrl } from './database-url.js'

test('reads an address with every part', () => {
  expect(parseDatabaseUrl('mysql://me:p%40ss%2Fword@db.example:3307/sendense')).toEqual({
    host: 'db.example',
    port: 3307,
    user: 'me',
    password: 'p@ss/word',
    database: 'sendense',
    socketPath: null,
  })
})

test('reads a socket path', () => {
  expect(connectionOptions('mysql://root@localhost/sendense?socketPath=/run/db/s.sock')).toMatchObject({
    socketPath: '/run/db/s.sock',
    port: 3306,
  })
})

test.each([
  ['postgres://me:secret@h/db', /scheme is postgres:/],
  ['mysql://me:secret@h/', /names no database/],
  ['mysql://me:secret@h/a`b', /names no database, or one with unusual characters/],
  ['mysql://me:secret@h/db?sslmode=on', /unknown parameter, sslmode/],
  ['secret', /not a URL/],
])('%s is refused without being repeated', (url, reason) => {
  expect(() => parseDatabaseUrl(url)).toThrow(reason)
  expect(() => parseDatabaseUrl(url)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})
