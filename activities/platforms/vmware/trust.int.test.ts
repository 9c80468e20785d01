import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Platform, TlsTrust } from '../../../domain/platform.js'
import type { PlatformConnection } from '../platform.js'
import { startLabVcenter, type LabVcenter } from '../testing/lab-vcenter.js'
import { openVmware } from './connect.js'

let vcenter: LabVcenter

beforeAll(async () => {
  vcenter = await startLabVcenter()
}, 180_000)
afterAll(async () => vcenter?.[Symbol.asyncDispose]())

const connect = (changes: Partial<Platform>, password = vcenter.password): Promise<PlatformConnection> =>
  openVmware(vcenter.platform(changes), password, {})

const trusting = (tls: TlsTrust): Promise<PlatformConnection> => connect({ tls })

const otherThumbprint = Array.from({ length: 32 }, () => 'AB').join(':')

test('a self-signed certificate is refused by default, with what is needed to pin it', async () => {
  await vcenter.control.clearCalls()
  await using connection = await trusting({ mode: 'verify' })
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-certificate-untrusted',
    retry: false,
    message: expect.stringContaining(vcenter.lab.thumbprintSha256) as string,
    facts: {
      sha256: vcenter.lab.thumbprintSha256,
      sha1: vcenter.lab.thumbprintSha1,
      subject: expect.stringContaining('=') as string,
      expires_at: expect.stringMatching(/^20\d\d-.*Z$/) as string,
    },
    remedy: expect.stringContaining('pin') as string,
  })
  expect(await vcenter.control.calls()).toEqual({})
})

test('another certificate than the pinned one is refused before a call is sent', async () => {
  await vcenter.control.clearCalls()
  await using connection = await trusting({ mode: 'thumbprint', thumbprint: otherThumbprint })
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-certificate-untrusted',
    message: expect.stringContaining(otherThumbprint) as string,
  })
  expect(await vcenter.control.calls()).toEqual({})
})

test('the pinned thumbprint is enough, in SHA-256 and in SHA-1, in either case', async () => {
  for (const thumbprint of [
    vcenter.lab.thumbprintSha256,
    vcenter.lab.thumbprintSha1,
    vcenter.lab.thumbprintSha1.toLowerCase(),
  ]) {
    await using connection = await trusting({ mode: 'thumbprint', thumbprint })
    expect(await connection.inventory.listVms({ name: 'pgtest1' })).toHaveLength(1)
  }
})

test('the right CA is trusted, another is not', async () => {
  await using trusted = await trusting({ mode: 'ca', ca_pem: await readFile(vcenter.lab.caPemFile, 'utf8') })
  expect(await trusted.inventory.listVms({ name: 'pgtest1' })).toHaveLength(1)
  await using distrusted = await trusting({ mode: 'ca', ca_pem: await foreignCa() })
  await expect(distrusted.inventory.listVms()).rejects.toMatchObject({ code: 'source-certificate-untrusted' })
})

test('the right CA does not help a certificate that is made out to another name', async () => {
  // Another name of the same address, which the certificate does not carry.
  const host = vcenter.lab.host.replace('127.0.0.1', '127.1')
  const tls: TlsTrust = { mode: 'ca', ca_pem: await readFile(vcenter.lab.caPemFile, 'utf8') }
  await using connection = await connect({ host, tls })
  await expect(connection.inventory.listVms()).rejects.toMatchObject({
    code: 'source-certificate-untrusted',
    message: expect.stringContaining('another name') as string,
  })
})

test('insecure connects, and the check shows it', async () => {
  await using connection = await trusting({ mode: 'insecure' })
  const [certificate] = await connection.inventory.check()
  expect(certificate).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^Not verified, as asked for/) as string,
  })
  expect(certificate?.remedy).toContain('Pin')
})

test('a wrong password is refused, once for any number of calls at once, and never shown', async () => {
  await vcenter.control.clearCalls()
  await using connection = await connect({}, 'wr0ng-passw0rd')
  const calls = await Promise.allSettled([
    connection.inventory.listVms(),
    connection.inventory.vmById('x'),
    connection.inventory.listVms(),
  ])
  for (const call of calls)
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'source-login-refused', retry: false } })
  expect(await vcenter.control.calls()).toMatchObject({ Login: 1 })
  expect(
    JSON.stringify(calls.map((call) => ('reason' in call ? [String(call.reason), call.reason] : []))),
  ).not.toContain('wr0ng')
})

test('the check says line by line what is wrong, and does not throw', async () => {
  const names = async (connection: PlatformConnection) =>
    (await connection.inventory.check()).map((line) => `${line.name} ${line.ok}`)
  await using untrusted = await trusting({ mode: 'verify' })
  expect(await names(untrusted)).toEqual(['certificate false'])
  await using refused = await connect({}, 'wrong')
  expect(await names(refused)).toEqual(['certificate true', 'login false'])
  await using elsewhere = await connect({ datacenter: 'NoSuchDC' })
  expect(await names(elsewhere)).toEqual([
    'certificate true',
    'login true',
    'version true',
    'datacenter false',
  ])
  await using good = await connect({})
  expect(await names(good)).toEqual([
    'certificate true',
    'login true',
    'version true',
    'datacenter true',
    'privileges true',
    'transport true',
  ])
})

test('a session is ended when the connection is', async () => {
  await vcenter.control.clearCalls()
  {
    await using connection = await connect({})
    await connection.inventory.listVms({ name: 'pgtest1' })
  }
  expect(await vcenter.control.calls()).toMatchObject({ Login: 1, Logout: 1 })
})

test('a closed connection refuses further calls without logging in again', async () => {
  const connection = await connect({})
  await connection[Symbol.asyncDispose]()
  await vcenter.control.clearCalls()
  await expect(connection.inventory.listVms()).rejects.toMatchObject({ code: 'source-session-lost' })
  expect(await vcenter.control.calls()).not.toHaveProperty('Login')
})

test('nbdkit is refused with a wrong password, which stands in no argument', async () => {
  await using right = await openVmware(vcenter.platform(), vcenter.password, {
    vddkLibDir: vcenter.scratchDir,
  })
  const [vm] = await right.inventory.listVms({ name: 'pgtest1' })
  const snapshot = await right.source!.takeSnapshot(vm!, {
    token: 'trust:1',
    description: 'd',
    quiesce: 'never',
  })
  const reader = await right.source!.diskReader(snapshot, snapshot.disks[0]!)
  if (reader.kind !== 'nbdkit') throw new Error('a vCenter is read through nbdkit')
  expect(reader.pluginArgs).toContain(`thumbprint=${vcenter.lab.thumbprintSha1}`)
  expect(reader.pluginArgs.join(' ')).not.toContain(vcenter.password)
  await using end = await vcenter.openReader(reader)
  expect(end.sizeBytes).toBe(snapshot.disks[0]!.capacityBytes)
  const wrong = { ...reader, secrets: reader.secrets.map(({ fd }) => ({ fd, value: 'wrong' })) }
  await expect(vcenter.openReader(wrong)).rejects.toThrow(/nbdkit: error: vddk/)
})

const foreignCa = async (): Promise<string> => {
  const [key, pem] = ['key.pem', 'foreign.pem'].map((name) => join(vcenter.scratchDir, name)) as [
    string,
    string,
  ]
  const made = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=another CA',
  ]
  await promisify(execFile)('openssl', ['req', ...made, '-keyout', key, '-out', pem])
  return readFile(pem, 'utf8')
}
