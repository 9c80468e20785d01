import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import type { BackupDetails } from '../../api/contract/backups.js'
import type { Repository } from '../../domain/repository.js'
import { workflowIds } from '../../domain/rules/names.js'
import { addLab, addRepository, protect, startBackup, startProduct } from '../testing/product.js'
import type { Product } from '../testing/product.js'
import { deletePoint } from './points.js'
import { seeded } from '../../activities/blocks/testing/random.js'

const MiB = 2 ** 20
const vm = 'cat-9'

/** So often a checkpoint is written: what may be copied again is measured against it. */
export const checkpointMiB = 4

// A step whose worker died is noticed after 30 s, and tried again a little later each time.
export const jobMs = 240_000

/** A running product, one VM under protection, one chain of points. */
export interface Scene {
  readonly product: Product
  readonly vm: string
  readonly context: string
  readonly socketDir: () => Promise<string>
  readonly disks: readonly { readonly key: number; readonly size: number }[]
  repository: Repository
  /** Oldest first. */
  points: BackupDetails[]
}

/** The product on a data centre of one VM, whose two disks are full of random bytes. */
export const openScene = async (): Promise<Scene> => {
  const product = await startProduct({
    SENDENSE_LAB_SCENARIO: 'kills',
    SENDENSE_CHECKPOINT_MIB: String(checkpointMiB),
    SENDENSE_SWEEP_SECONDS: '15',
  })
  try {
    const platform = await addLab(product)
    const random = seeded('the disks of cat-9')
    const [found] = (await product.lab.vms()).filter(({ name }) => name === vm)
    const disks = (found?.disks ?? []).map(({ key, size_bytes }) => ({ key, size: size_bytes }))
    for (const { key, size } of disks)
      for (let at = 0; at < size; at += 4 * MiB) await product.lab.write(vm, key, at, random.bytes(4 * MiB))
    return {
      product,
      vm,
      context: await protect(product, platform, vm),
      socketDir: () => socketDirOf(product),
      disks,
      repository: await addRepository(product, 'first'),
      points: [],
    }
  } catch (error) {
    await product[Symbol.asyncDispose]()
    throw error
  }
}

/** As the worker was told. */
export const socketDirOf = async (product: Product): Promise<string> => {
  const { processes } = await product.endpoints()
  const environment = await readFile(`/proc/${processes['worker']}/environ`, 'utf8')
  const found = environment.split('\0').find((pair) => pair.startsWith('SENDENSE_RUN_DIR='))
  if (found === undefined) throw new Error('the worker has no SENDENSE_RUN_DIR')
  return found.slice(found.indexOf('=') + 1)
}

export const start = (
  { product, context, repository }: Scene,
  backup_type: 'full' | 'auto',
): Promise<string> =>
  startBackup(product, { vm_context_id: context, repository_id: repository.id, backup_type })

const open = /^(pending|running|paused|cancelling)$/

/** Waits for the job's end and its workflow's, whoever is away meanwhile. */
export const ended = async (
  { product, context }: Scene,
  id: string,
  withinMs: number,
): Promise<BackupDetails> => {
  let last: unknown
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(500)) {
    try {
      const backup = await product.call<BackupDetails>('GET', `/backups/${id}`)
      last = backup
      if (!open.test(backup.status) && (await isClosed(product, context))) return backup
    } catch (error) {
      last = error
    }
  }
  const words = last instanceof Error ? last.message : JSON.stringify(last)
  throw new Error(`backup ${id} did not end within ${withinMs / 1000} s: ${words}`)
}

const isClosed = async (product: Product, context: string): Promise<boolean> => {
  const connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  try {
    const client = new Client({ connection, namespace: 'sendense' })
    const { status } = await client.workflow.getHandle(workflowIds.backup(context)).describe()
    return status.name !== 'RUNNING'
  } finally {
    await connection.close()
  }
}

/** Deletes all points, the newest first. */
export const clearPoints = async (scene: Scene): Promise<void> => {
  for (const { id } of scene.points.toReversed()) await deletePoint(scene.product, id)
  scene.points = []
}

/** An empty repository that no run has seen; the one before goes, with its points. */
export const freshRepository = async (scene: Scene, name: string): Promise<void> => {
  await clearPoints(scene)
  await scene.product.call('DELETE', `/repositories/${scene.repository.id}`)
  scene.repository = await addRepository(scene.product, name)
}
