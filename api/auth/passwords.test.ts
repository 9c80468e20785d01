import { checkNewPassword, hashPassword, passwordMatches } from './passwords.js'

test('a password matches its hash only, and nothing matches an unknown user', async () => {
  const passwordHash = await hashPassword('correct horse battery')
  expect(passwordHash).toMatch(/^\$argon2id\$/)
  expect(await passwordMatches(passwordHash, 'correct horse battery')).toBe(true)
  expect(await passwordMatches(passwordHash, 'correct horse batterz')).toBe(false)
  expect(await passwordMatches(undefined, 'correct horse battery')).toBe(false)
})

test.each([
  { name: 'eleven characters', password: 'abcdefghijk' },
  { name: 'the old one', password: 'the-old-password' },
  { name: 'one character repeated', password: 'aaaaaaaaaaaaaaaa' },
])('$name is refused', ({ password }) => {
  expect(() => checkNewPassword(password, 'the-old-password')).toThrow(
    expect.objectContaining({ code: 'bad-request' }),
  )
})

test('twelve characters are enough', () => {
  expect(() => checkNewPassword('abcdefghijkl', 'the-old-password')).not.toThrow()
})
