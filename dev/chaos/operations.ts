import type { LabAnswer } from '../../lab/control.js'
import { disksOf, said, toggle, write, zero, type GuestTools, type Operation } from './guest.js'

const KiB = 1024
const MiB = 1024 * KiB
const largestDisk = 16 * MiB
const mostDisks = 3

const grow: Operation = async (tools, disk) => {
  const { lab, guest, random, note } = tools
  const size = Math.min(largestDisk, disk.size_bytes + random.pick([1, 64, 512, 1000, 3072]) * KiB)
  if (size === disk.size_bytes) return write(tools, disk, [disk])
  note(`grow disk ${disk.key} from ${said(disk.size_bytes)} to ${said(size)}`)
  await lab.growDisk(guest.vm, disk.key, size)
}

const add: Operation = async (tools, disk, disks) => {
  const { lab, guest, random, note } = tools
  if (disks.length === mostDisks) return write(tools, disk, disks)
  const size = random.int(4, 8) * MiB
  note(`add a disk of ${said(size)}: ${await lab.addDisk(guest.vm, size)}`)
}

const remove: Operation = async (tools, disk, disks) => {
  const { lab, guest, note } = tools
  if (disks.length === 1) return write(tools, disk, disks)
  note(`remove disk ${disk.key}`)
  guest.ghosts = guest.ghosts.filter(({ key }) => key !== disk.key)
  await lab.removeDisk(guest.vm, disk.key)
}

const replace: Operation = async ({ lab, guest, random, note }, disk) => {
  const size = random.int(4, 8) * MiB
  guest.ghosts = guest.ghosts.filter(({ key }) => key !== disk.key)
  note(`replace disk ${disk.key} by a new one of ${said(size)}`)
  await lab.replaceDisk(guest.vm, disk.key, size)
}

const resetTracking: Operation = async ({ lab, guest, note }, disk) => {
  note(`reset change tracking of disk ${disk.key}`)
  await lab.resetChangeTracking(guest.vm, disk.key)
}

const wrongAnswers: readonly LabAnswer['kind'][] = [
  ...(['unsorted', 'overlapping', 'beyond-end', 'no-progress', 'expired', 'invalid', 'fragmented'] as const),
]

/** Never a lie: no run can know better than a change tracking that lies consistently. */
const misanswer: Operation = async ({ lab, guest, random, note }, disk) => {
  const answer: LabAnswer = {
    vm: guest.vm,
    key: disk.key,
    kind: random.pick(wrongAnswers),
    for: random.pick(['changes', 'changes', 'any']),
    extents: 3000,
    page_cap: 100,
  }
  note(`change tracking of disk ${disk.key} answers once: ${answer.kind} (${answer.for})`)
  await lab.answerChanges(answer)
}

/** How often each is chosen. */
const operations: readonly (readonly [number, Operation])[] = [
  [10, write],
  [5, zero],
  [7, toggle],
  [2, grow],
  [1, add],
  [1, remove],
  [1, replace],
  [1, resetTracking],
  [2, misanswer],
]
const weighted = operations.flatMap(([weight, operation]) => Array<Operation>(weight).fill(operation))

/** Does something to the VM that changes what its next backup must hold, or how it comes by it. */
export const operate = async (tools: GuestTools): Promise<void> => {
  const disks = await disksOf(tools)
  await tools.random.pick(weighted)(tools, tools.random.pick(disks), disks)
}

/** One empty disk of 4 MiB that no backup has seen: every sequence begins alike. */
export const startOver = async (tools: GuestTools): Promise<void> => {
  const [first, ...others] = await disksOf(tools)
  for (const { key } of others) await tools.lab.removeDisk(tools.guest.vm, key)
  if (first !== undefined) await tools.lab.replaceDisk(tools.guest.vm, first.key, 4 * MiB)
  tools.guest.ghosts = []
}
