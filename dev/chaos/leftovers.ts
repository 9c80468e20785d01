import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupDetails } from '../../api/contract/backups.js'
import { ownerOfDiskFile, ownerOfPointFile } from '../../activities/repository/layout.js'
import { heldRows } from '../../drizzle/testing/held-rows.js'
import type { Product } from '../testing/product.js'
import { orphanedGuards, processesOf } from './processes.js'

export interface World {
  readonly product: Product
  readonly root: string
  readonly socketDir: string
  /** Where points lie. */
  readonly repositories: readonly string[]
  /** Those that are to be there. */
  readonly points: readonly BackupDetails[]
}

/** One of each; a second worker or API would be one that a restart forgot. */
const services = ['worker', 'api', 'mariadbd', 'temporal', 'lab-vcenter']

/**
 * Everything that a backup left behind: in the vCenter, on disk, in the process table, in the tables of running
 * operations. What the product removes by itself a little later (a sweep) gets the time for it.
 */
export const leftovers = async (world: World, patienceMs: number): Promise<string[]> => {
  for (const deadline = Date.now() + patienceMs; ;) {
    const left = await leftNow(world).catch((error: unknown) => [
      `it could not be looked at: ${String(error)}`,
    ])
    if (left.length === 0 || Date.now() > deadline) return left
    await sleep(1000)
  }
}

const leftNow = async (world: World): Promise<string[]> => {
  const { product } = world
  const { database } = await product.endpoints()
  const snapshots = (await product.lab.snapshots()).map(({ name }) => `snapshot ${name}`)
  const files = await Promise.all(world.repositories.map((path) => strangeFiles(path, world.points)))
  return [
    ...snapshots,
    ...files.flat(),
    ...(await sockets(world.socketDir)),
    ...(await strangeProcesses(world)),
    ...(await heldRows(database)),
  ]
}

/** Only manifests, images and digests of points that are to be there, and all of these. */
const strangeFiles = async (path: string, points: readonly BackupDetails[]): Promise<string[]> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
  const wanted = points.filter(({ file_path }) => file_path.startsWith(`${path}/`))
  const expected = wanted.flatMap(({ id, disks }) => [
    `${id}.json`,
    ...disks.flatMap(() => [`${id}.qcow2`, `${id}.digests`]),
  ])
  const strange = names.filter((name) => {
    const owner = ownerOfPointFile(name) ?? ownerOfDiskFile(name)
    const isOfPoint = owner !== undefined && ['manifest', 'image', 'digests'].includes(owner.kind)
    return !name.startsWith('.sendense-repository') && !(isOfPoint && expected.includes(name))
  })
  const missing = expected.filter((name) => !names.includes(name))
  return [...strange.map((name) => `file ${name} in ${path}`), ...missing.map((name) => `no file ${name}`)]
}

const sockets = async (socketDir: string): Promise<string[]> => {
  const names = await readdir(socketDir, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => !entry.isDirectory() && !entry.parentPath.endsWith('/mariadb'))
    .map((entry) => `socket or record ${join(entry.parentPath, entry.name)}`)
}

const strangeProcesses = async ({ product, root, socketDir }: World): Promise<string[]> => {
  const running = await processesOf(product.home, socketDir)
  const count = (name: string): number => running.filter((one) => one.name === name).length
  const guards = await orphanedGuards(root)
  return [
    ...services.filter((name) => count(name) !== 1).map((name) => `${count(name)} processes ${name}`),
    ...running
      .filter(({ name }) => /^(nbdkit|qemu-)/.test(name))
      .map(({ pid, words }) => `process ${pid}: ${words}`),
    ...guards.map(({ pid }) => `guard ${pid} without a worker`),
  ]
}
