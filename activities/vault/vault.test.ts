import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile } from './create-key-file.js'
import { openVault } from './vault.js'

let folder = ''
let keyFile = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vault-'))
  keyFile = join(folder, 'key')
  createKeyFile(keyFile)
})
afterEach(() => rmSync(folder, { recursive: true }))

const secret = 'pässwörd 🔑 with $(things)'

test('a sealed secret opens again, also by another opening of the same key file', () => {
  const sealed = openVault(keyFile).seal(secret, 'credential-1')
  expect(openVault(keyFile).open(sealed, 'credential-1')).toBe(secret)
})

test('sealing the same secret twice gives two texts, and neither holds it', () => {
  const vault = openVault(keyFile)
  const [one, two] = [vault.seal(secret, 'credential-1'), vault.seal(secret, 'credential-1')]
  expect(one).toMatch(/^v1\.[0-9a-f]{16}\.[\w-]{16}\.[\w-]+$/)
  expect(one).not.toBe(two)
  expect(Buffer.from(one.split('.')[3] ?? '', 'base64url').includes(Buffer.from(secret))).toBe(false)
})

test('an empty secret is sealed like any other', () => {
  const vault = openVault(keyFile)
  expect(vault.open(vault.seal('', 'credential-1'), 'credential-1')).toBe('')
})

test('another key is told from damage', () => {
  const sealed = openVault(keyFile).seal(secret, 'credential-1')
  const other = join(folder, 'other')
  createKeyFile(other)
  expect(() => openVault(other).open(sealed, 'credential-1')).toThrow(
    expect.objectContaining({ reason: 'wrong-key' }),
  )
})

test('a secret does not open in the place of another', () => {
  const vault = openVault(keyFile)
  const sealed = vault.seal(secret, 'credential-1')
  expect(() => vault.open(sealed, 'credential-2')).toThrow(expect.objectContaining({ reason: 'damaged' }))
})

test('every changed byte of nonce, cipher text and tag is noticed', () => {
  const vault = openVault(keyFile)
  const [version, keyId, nonce = '', body = ''] = vault.seal('short', 'c').split('.')
  const bytes = Buffer.concat([Buffer.from(nonce, 'base64url'), Buffer.from(body, 'base64url')])
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    const parts = [changed.subarray(0, 12), changed.subarray(12)].map((part) => part.toString('base64url'))
    expect(() => vault.open([version, keyId, ...parts].join('.'), 'c')).toThrow(
      expect.objectContaining({ reason: 'damaged' }),
    )
  }
})

test.each([
  { name: 'nothing', sealed: () => '' },
  { name: 'plain text', sealed: () => secret },
  { name: 'a later version', sealed: (good: string) => good.replace('v1', 'v2') },
  { name: 'a cut text', sealed: (good: string) => good.slice(0, 40) },
  { name: 'a text with something behind it', sealed: (good: string) => `${good}.x` },
  { name: 'a text with a foreign character', sealed: (good: string) => `${good}\n` },
])('$name is refused as damaged', ({ sealed }) => {
  const vault = openVault(keyFile)
  expect(() => vault.open(sealed(vault.seal('x', 'c')), 'c')).toThrow(
    expect.objectContaining({ reason: 'damaged' }),
  )
})

test('a new key file is 32 bytes for its owner only, and no draft stays', () => {
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(statSync(keyFile).size).toBe(32)
  expect(readdirSync(folder)).toEqual(['key'])
})

test('a key file that stands is never overwritten', () => {
  const before = readFileSync(keyFile)
  expect(createKeyFile(keyFile)).toBe(false)
  expect(readFileSync(keyFile)).toEqual(before)
  expect(readdirSync(folder)).toEqual(['key'])
})

test('a key file in a folder that is not there cannot be made', () => {
  expect(() => createKeyFile(join(folder, 'none', 'key'))).toThrow(/cannot be made \(ENOENT\)/)
})

test.each([0o640, 0o604, 0o660, 0o644])('a key file of mode %o is refused', (mode) => {
  chmodSync(keyFile, mode)
  expect(() => openVault(keyFile)).toThrow(/Others may read the key file .*chmod 600/)
})

test('a key file of another size is refused', () => {
  const short = join(folder, 'short')
  writeFileSync(short, 'too short', { mode: 0o600 })
  expect(() => openVault(short)).toThrow(/holds 9 bytes instead of 32/)
})

test('a missing key file and a folder in its place are refused', () => {
  expect(() => openVault(join(folder, 'none'))).toThrow(/cannot be read \(ENOENT\)/)
  expect(() => openVault(folder)).toThrow(/is not a plain file/)
})

test('a token follows from the key file and the reference, and tells neither', () => {
  const token = openVault(keyFile).tokenOf('one')
  expect(openVault(keyFile).tokenOf('one')).toBe(token)
  expect(openVault(keyFile).tokenOf('two')).not.toBe(token)
  createKeyFile(`${keyFile}-2`)
  expect(openVault(`${keyFile}-2`).tokenOf('one')).not.toBe(token)
})
