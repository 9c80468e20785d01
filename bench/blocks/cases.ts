import { large, medium, small, type Disk } from './disks.js'

export type PeerName = 'nbdcopy' | 'qemu-img' | '@vates/nbd-client'

export interface Case {
  readonly name: string
  /** Digests of every grain, in a sealed file. */
  readonly digests: boolean
}

/** What its cases and their peers do alike: one source, one kind of target. They take turns in each round. */
export interface Scene {
  readonly cases: readonly Case[]
  readonly disk: Disk
  /** `overlay`: a fresh qcow2 overlay over a full base, the changed extents only; `none`: read, keep nothing. */
  readonly target: 'raw' | 'qcow2' | 'overlay' | 'none'
  readonly copies: number
  readonly tls: boolean
  readonly peers: readonly PeerName[]
}

const both = (name: string): Case[] => [
  { name, digests: false },
  { name: `${name}-digests`, digests: true },
]
const plain = (name: string): Case[] => [{ name, digests: false }]
const one = { disk: large, copies: 1, tls: false } as const
const whole: readonly PeerName[] = ['nbdcopy', 'qemu-img']

export const scenes: readonly Scene[] = [
  { ...one, cases: both('full-raw'), target: 'raw', peers: whole },
  { ...one, cases: both('full-qcow2'), target: 'qcow2', peers: whole },
  // qemu-img knows no list of extents: it would write zeros over all that the overlay must leave alone.
  { ...one, cases: both('incremental'), target: 'overlay', peers: ['nbdcopy'] },
  { ...one, cases: plain('tls-psk'), target: 'raw', tls: true, peers: whole },
  { ...one, cases: plain('read'), target: 'none', peers: ['nbdcopy', '@vates/nbd-client'] },
  { ...one, cases: plain('parallel-1'), disk: medium, target: 'qcow2', peers: ['nbdcopy'] },
  { ...one, cases: plain('parallel-8'), disk: medium, copies: 8, target: 'qcow2', peers: ['nbdcopy'] },
  { ...one, cases: plain('parallel-50'), disk: small, copies: 50, target: 'qcow2', peers: ['nbdcopy'] },
]

const known = scenes.flatMap(({ cases }) => cases.map(({ name }) => name))

/** The scenes with the named cases only (all where none is named); throws with what there is. */
export const chooseScenes = (names: readonly string[]): Scene[] => {
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no case ${unknown.join(', ')}; there are ${known.join(', ')}`)
  return scenes
    .map((scene) => ({
      ...scene,
      cases: scene.cases.filter(({ name }) => names.length === 0 || names.includes(name)),
    }))
    .filter(({ cases }) => cases.length > 0)
}

/** Who is on in a round: nobody is always first, nor always behind the same one. */
export const orderOf = <T>(contenders: readonly T[], round: number): T[] => {
  const shift = (round >> 1) % Math.max(contenders.length, 1)
  const turned = [...contenders.slice(shift), ...contenders.slice(0, shift)]
  return round % 2 === 0 ? turned : turned.reverse()
}
