import type { LabControl, LabDisk } from '../../lab/control.js'
import type { Random } from '../../activities/blocks/testing/random.js'

const KiB = 1024

/** Content that a guest writes, zeroes and writes again: X → 0 → X. */
interface Ghost {
  readonly key: number
  readonly offset: number
  readonly bytes: Buffer
  there: boolean
}

/** One practice VM as a test changes it. */
export interface Guest {
  readonly vm: string
  ghosts: Ghost[]
}

export interface GuestTools {
  readonly lab: LabControl
  readonly random: Random
  readonly guest: Guest
  /** Keeps what was done, so that a failure can be told and repeated. */
  readonly note: (text: string) => void
}

export const disksOf = async ({ lab, guest }: GuestTools): Promise<readonly LabDisk[]> => {
  const found = (await lab.vms()).find(({ vm, name }) => vm === guest.vm || name === guest.vm)
  if (found === undefined) throw new Error(`the lab has no VM ${guest.vm}`)
  return found.disks
}

export const said = (bytes: number): string => (bytes % KiB === 0 ? `${bytes / KiB} KiB` : `${bytes} bytes`)

/** A range within the disk: from 1 byte to 2 MiB, its edges on grains, sectors or nowhere special. */
const someRange = ({ random }: GuestTools, disk: LabDisk): { offset: number; length: number } => {
  const step = random.pick([64 * KiB, 4 * KiB, 512, 1])
  const wanted = Math.ceil(2 ** random.int(0, 21) / step) * step
  const length = Math.min(wanted, disk.size_bytes)
  // Often the disk's last bytes: there the grain is a part of one.
  const last = disk.size_bytes - length
  const offset = random.percent(15) ? last : Math.floor(random.int(0, last) / step) * step
  return { offset, length }
}

const content = ({ random }: GuestTools, length: number): Buffer => {
  if (random.percent(20)) return Buffer.alloc(length)
  if (random.percent(20)) return Buffer.alloc(length, random.int(1, 255))
  const bytes = random.bytes(length)
  // Zeros within written data.
  if (random.percent(20)) bytes.fill(0, random.int(0, length), random.int(0, length))
  return bytes
}

export type Operation = (tools: GuestTools, disk: LabDisk, disks: readonly LabDisk[]) => Promise<void>

export const write: Operation = async (tools, disk) => {
  const { offset, length } = someRange(tools, disk)
  tools.note(`write ${said(length)} at ${offset} of disk ${disk.key}`)
  await tools.lab.write(tools.guest.vm, disk.key, offset, content(tools, length))
}

export const zero: Operation = async (tools, disk) => {
  const range = someRange(tools, disk)
  tools.note(`zero ${said(range.length)} at ${range.offset} of disk ${disk.key}`)
  await tools.lab.zero({ vm: tools.guest.vm, key: disk.key, ...range })
}

/** One step of an X → 0 → X: a new one is written, an old one vanishes or comes back. */
export const toggle: Operation = async (tools, disk) => {
  const { lab, guest, random, note } = tools
  const old = guest.ghosts.filter(({ key }) => key === disk.key)
  if (old.length === 0 || random.percent(20)) {
    const { offset, length } = someRange(tools, disk)
    const ghost = { key: disk.key, offset, bytes: random.bytes(length), there: true }
    note(`X: write ${said(length)} at ${offset} of disk ${disk.key}`)
    guest.ghosts.push(ghost)
    return lab.write(guest.vm, disk.key, offset, ghost.bytes)
  }
  const ghost = random.pick(old)
  const { offset, bytes } = ghost
  ghost.there = !ghost.there
  note(`X: ${ghost.there ? 'write again' : 'zero'} ${said(bytes.length)} at ${offset} of disk ${disk.key}`)
  if (ghost.there) return lab.write(guest.vm, disk.key, offset, bytes)
  // As a guest does it: by unmapping or by writing zeros.
  if (random.percent(50)) return lab.write(guest.vm, disk.key, offset, Buffer.alloc(bytes.length))
  await lab.zero({ vm: guest.vm, key: disk.key, offset, length: bytes.length })
}

/** Only bytes change: may be done while a snapshot exists. */
export const scribble = async (tools: GuestTools): Promise<void> => {
  const disks = await disksOf(tools)
  await tools.random.pick([write, zero, toggle])(tools, tools.random.pick(disks), disks)
}
