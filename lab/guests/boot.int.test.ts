import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildGuestImages, type GuestImages } from './build-images.js'
import { runTool } from './run-tool.js'

let dir: string
let images: GuestImages

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guest-images-'))
  images = await buildGuestImages({ outDir: join(dir, 'images') })
}, 300_000)

afterAll(() => rm(dir, { recursive: true, force: true }))

const until = async <T>(find: () => Promise<T | undefined>, what: string, timeoutMs: number): Promise<T> => {
  for (const end = Date.now() + timeoutMs; Date.now() < end;) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`No ${what} after ${timeoutMs} ms`)
}

const bootGuest = (disk: string, serial: string, control: string) =>
  spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,tb-size=32', '-machine', 'pc', '-m', '128', '-display', 'none'],
      ...['-nodefaults', '-no-user-config', '-no-reboot'],
      ...['-serial', `file:${serial}`, '-chardev', `socket,id=c1,path=${control},server=on,wait=off`],
      ...['-serial', 'chardev:c1', '-snapshot'],
      ...['-drive', `file=${disk},format=raw,if=none,id=d0`, '-device', 'pvscsi,id=s0'],
      ...['-device', 'scsi-hd,drive=d0,bus=s0.0,serial=BOOT-0001'],
      ...['-netdev', 'user,id=n0,restrict=on', '-device', 'vmxnet3,netdev=n0,mac=00:50:56:85:00:01,romfile='],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )

const asker = (socket: Socket) => {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  return async (word: string): Promise<string> => {
    socket.write(`${word}\n`)
    return String((await lines.next()).value)
  }
}

test('the boot disk boots by itself on VMware hardware and answers on its second serial port', async () => {
  const serial = join(dir, 'serial.log')
  const control = join(dir, 'control')
  const guest = bootGuest(images.boot, serial, control)
  let words = ''
  guest.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
  const ended = once(guest, 'close')
  try {
    const up = await until(
      async () =>
        guest.exitCode === null
          ? /TINY-UP .*/.exec(await readFile(serial, 'utf8').catch(() => ''))?.[0]
          : Promise.reject(new Error(`qemu ended: ${words}`)),
      'TINY-UP line',
      120_000,
    )
    expect(up).toMatch(/nonce=[0-9a-f-]{36} nic=eth0 mac=00:50:56:85:00:01 ip=10\.0\.2\.15 /)
    expect(up).toContain('disks=sda:BOOT-0001:131072')
    const socket = connect(control)
    await once(socket, 'connect')
    const ask = asker(socket)
    // What the guest says before the port's other end is quite there is lost.
    await until(async () => ((await ask('ping 17')) === 'pong 17' ? true : undefined), 'pong', 20_000)
    expect(await ask('sums')).toBe('sums ok 40')
    expect(await ask('off')).toBe('off ok')
    await ended
    socket.destroy()
  } finally {
    guest.kill('SIGKILL')
    await ended
  }
}, 180_000)

test('a second build does nothing', async () => {
  const before = await stat(images.boot)
  const words: string[] = []
  await buildGuestImages({ outDir: join(dir, 'images'), log: (line) => words.push(line) })
  expect(words).toEqual([])
  expect((await stat(images.boot)).mtimeMs).toBe(before.mtimeMs)
})

test('the data disks hold sound file systems with the files they promise', async () => {
  await runTool('e2fsck', ['-fn', images.dataExt4])
  const listed = (await runTool('debugfs', ['-R', 'cat SHA256SUMS', images.dataExt4])).toString()
  expect(listed.trim().split('\n')).toHaveLength(400)
  const names = (await runTool('ntfsls', ['-f', images.ntfs])).toString()
  expect(names).toContain("o'brien.txt")
  expect(names).toContain('SHA256SUMS')
})
