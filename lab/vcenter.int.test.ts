import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildVcenter } from './build-vcenter.js'
import { openLabControl, type LabControl } from './control.js'
import { buildGuestImages } from './guests/build-images.js'
import { startVcenter, type RunningLab } from './start-vcenter.js'

const run = promisify(execFile)
const password = 'VMware1!practice'
let dir: string
let binary: string
let lab: RunningLab
let control: LabControl

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-'))
  binary = await buildVcenter({ binDir: join(dir, 'bin') })
  const imagesDir = join(dir, 'images')
  await buildGuestImages({ outDir: imagesDir })
  const scenario = join(process.cwd(), 'lab', 'scenarios', 'small.json')
  lab = await startVcenter({ binary, scenario, imagesDir, stateDir: join(dir, 'state'), password })
  control = openLabControl({ controlUrl: lab.controlUrl, token: lab.controlToken })
}, 300_000)

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

test('the small scenario holds the VMs that tests rely on', async () => {
  const vms = await control.vms()
  expect(vms.map(({ name }) => name).sort()).toEqual(
    [
      "O'Brien's Büro-サーバ",
      'database-prod-01',
      'diskless',
      'exchange-server',
      'mixed-rdm',
      'pgtest1',
      'pgtest2',
      'rdm-only',
      'twin',
      'twin',
    ].sort(),
  )
  expect(vms.find(({ name }) => name === 'exchange-server')?.power).toBe('poweredOff')
  expect(vms.find(({ name }) => name === 'mixed-rdm')?.disks.map(({ kind }) => kind)).toEqual([
    'flat',
    'rdm',
    'independent',
  ])
  const twoDisks = vms.find(({ name }) => name === 'pgtest2')?.disks
  expect(twoDisks?.map(({ key, label }) => `${key} ${label}`)).toEqual([
    '2000 Hard disk 1',
    '2001 Hard disk 2',
  ])
})

test('the disks begin with the guests images', async () => {
  const image = await readFile(join(dir, 'images', 'boot.raw'))
  expect(
    image.equals(await control.read({ vm: 'pgtest1', key: 2000, offset: 0, length: image.length })),
  ).toBe(true)
})

test('writes, zeros, names and uuids go through the typed client', async () => {
  const vm = '4205784a-1f00-4c11-9d2e-00000000000a'
  await control.write(vm, 2000, 4096, Buffer.from('hello'))
  expect((await control.read({ vm, key: 2000, offset: 4096, length: 5 })).toString()).toBe('hello')
  await control.zero({ vm, key: 2000, offset: 0, length: 65_536 })
  expect((await control.read({ vm, key: 2000, offset: 4096, length: 5 })).every((byte) => byte === 0)).toBe(
    true,
  )
  await expect(control.write('twin', 2000, 0, Buffer.from('x'))).rejects.toMatchObject({ status: 409 })
  await expect(control.hold('nobody', 2000, 0)).rejects.toMatchObject({ status: 404 })
})

test('holds are listed and released one by one and all together', async () => {
  const first = await control.hold('pgtest2', 2000, 0)
  await control.hold('pgtest2', 2001, 1024)
  expect(await control.holds()).toHaveLength(2)
  await control.release(first)
  expect((await control.holds()).map(({ key, waiting }) => ({ key, waiting }))).toEqual([
    { key: 2001, waiting: 0 },
  ])
  await control.release()
  expect(await control.holds()).toEqual([])
})

test('churn spares the file systems and stops when told', async () => {
  const before = await control.read({ vm: 'pgtest2', key: 2000, offset: 0, length: 24 << 20 })
  await control.startChurn({ vm: 'pgtest2', bytes_per_second: 4_000_000, seed: 5 })
  for (let written = 0; written < 500_000;) written = (await control.churns())[0]?.bytes_written ?? 0
  await control.stopChurn('pgtest2')
  expect(await control.churns()).toEqual([])
  const after = await control.read({ vm: 'pgtest2', key: 2000, offset: 0, length: 24 << 20 })
  expect(after.equals(before)).toBe(true)
})

test('the wrapper stands beside the program under the name nbdkit and says whom it refuses', async () => {
  const wrapper = join(dir, 'bin', 'vddk', 'nbdkit')
  const version = await run(wrapper, ['--version'])
  expect(version.stdout).toMatch(/^nbdkit 1\./)
  const refused = run(wrapper, [
    '-U',
    '-',
    '-r',
    'vddk',
    'libdir=/opt',
    'server=127.0.0.1',
    'password=secret',
  ])
  await expect(refused).rejects.toMatchObject({ code: 1 })
  await expect(refused).rejects.not.toMatchObject({ stderr: expect.stringContaining('secret') })
})

test('change-tracking answers are ordered, listed and cleared; a disk is replaced; the oracle keeps what it is told', async () => {
  await control.answerChanges({ vm: 'pgtest2', key: 2001, kind: 'fragmented', for: 'any', count: 2 })
  await control.answerChanges({ vm: 'pgtest2', key: 2000, kind: 'drop', index: 3 })
  const waiting = await control.changeAnswers()
  expect(waiting).toMatchObject([
    { key: 2001, kind: 'fragmented', for: 'any', count: 2, extents: 28_000 },
    { key: 2000, kind: 'drop', for: 'changes', count: 1, index: 3 },
  ])
  await control.clearChangeAnswers()
  expect(await control.changeAnswers()).toEqual([])

  const vm = 'exchange-server'
  const uuidOf = async () => (await control.vms()).find(({ name }) => name === vm)?.disks[0]?.backing_uuid
  const before = await uuidOf()
  const uuid = await control.replaceDisk(vm, 2000, 65 << 16)
  expect(uuid).not.toBe(before)
  expect(await uuidOf()).toBe(uuid)
  await expect(control.replaceDisk(vm, 2000, 1)).rejects.toMatchObject({ status: 400 })

  await control.keepOracle(0)
  await expect(control.keepOracle(-1)).rejects.toMatchObject({ status: 400 })
  await control.keepOracle(12)
})

test('a restart on the same state directory is the same vCenter, even after a kill', async () => {
  const scenario = join(process.cwd(), 'lab', 'scenarios', 'chaos.json')
  const options = { binary, scenario, imagesDir: dir, stateDir: join(dir, 'again'), password }
  const seen: string[] = []
  for (const word of ['first', 'second', 'third']) {
    await using again = await startVcenter(options)
    const side = openLabControl({ controlUrl: again.controlUrl, token: again.controlToken })
    const bytes = await side.read({ vm: 'chaos-1', key: 2000, offset: 0, length: 10 })
    await side.write('chaos-1', 2000, 0, Buffer.from(word))
    seen.push(bytes.toString().replaceAll('\0', ''), JSON.stringify(await side.vms()), again.controlToken)
    if (word === 'second') process.kill(again.pid, 'SIGKILL')
  }
  const [first, vms, token, second, vms2, token2, third, vms3, token3] = seen
  expect([first, second, third]).toEqual(['', 'first', 'second'])
  expect([vms2, vms3]).toEqual([vms, vms])
  expect([token2, token3]).toEqual([token, token])
})

test('a second build of unchanged sources does nothing', async () => {
  const before = await stat(binary)
  const words: string[] = []
  await buildVcenter({ binDir: join(dir, 'bin'), log: (line) => words.push(line) })
  expect(words).toEqual([])
  expect((await stat(binary)).mtimeMs).toBe(before.mtimeMs)
})

test('a lab that cannot start says why', async () => {
  const scenario = join(dir, 'missing.json')
  const starting = startVcenter({ binary, scenario, imagesDir: dir, stateDir: join(dir, 'other'), password })
  await expect(starting).rejects.toThrow(/missing\.json: no such file/)
})
