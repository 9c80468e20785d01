import { setTimeout as sleep } from 'node:timers/promises'
import {
  addLab,
  addRepository,
  backupWhen,
  protect,
  startBackup,
  startProduct,
  type Product,
} from '../dev/testing/product.js'
import { until } from '../dev/testing/run-npm.js'
import { fill } from '../dev/testing/changed-disk.js'
import { benchSettings } from './bench-settings.js'
import { median } from './comparison.js'

/*
 * From the request to cancel a full copy to `cancelling` and to `cancelled` with nothing left: while bytes flow, and
 * while the source gives none.   npm run bench -- cancel [rounds=5]
 */
const MiB = 2 ** 20
const vm = 'chaos-2'

interface Timed {
  readonly shown: number
  readonly gone: number
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const since = (start: number): number => (performance.now() - start) / 1000

const cancelled = async (product: Product, id: string): Promise<Timed> => {
  const start = performance.now()
  await product.call('POST', `/backups/${id}/cancel`)
  await backupWhen(product, id, ({ status }) => /^cancel/.test(status))
  const shown = since(start)
  const { status, cleanup } = await backupWhen(product, id)
  const gone = since(start)
  const snapshots = await product.lab.snapshots()
  if (status !== 'cancelled' || cleanup !== 'done' || snapshots.length > 0)
    throw new Error(`${id} is ${status}, its cleanup ${cleanup}, snapshots left: ${snapshots.length}`)
  return { shown, gone }
}

const tell = (what: string, times: readonly Timed[]): void => {
  const of = (pick: (time: Timed) => number): string => {
    const all = times.map(pick)
    return `median ${median(all).toFixed(2)} s, worst ${Math.max(...all).toFixed(2)} s`
  }
  say(`${what}: cancelling after ${of(({ shown }) => shown)}; cancelled after ${of(({ gone }) => gone)}`)
}

const { rounds } = benchSettings(process.argv.slice(2), { rounds: 5, directory: '' })
const product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
try {
  const key = await product.lab.addDisk(vm, 1024 * MiB)
  const context = await protect(product, await addLab(product), vm)
  const repository = await addRepository(product, 'bench')
  await fill({ product, vm, key, context, repository }, 256 * MiB)
  const request = { vm_context_id: context, repository_id: repository.id, backup_type: 'full' as const }

  const flowing: Timed[] = []
  await product.lab.rate({ vm, bytes_per_second: 8 * MiB })
  for (let round = 0; round < rounds; round++) {
    const id = await startBackup(product, request)
    await backupWhen(product, id, ({ progress }) => progress.bytes_read > 8 * MiB)
    flowing.push(await cancelled(product, id))
  }
  await product.lab.rate({ vm, bytes_per_second: 0 })
  tell('while bytes flow', flowing)

  const stalled: Timed[] = []
  for (let round = 0; round < rounds; round++) {
    await product.lab.hold(vm, key, 64 * MiB)
    const id = await startBackup(product, request)
    const isHeld = async (): Promise<boolean> =>
      (await product.lab.holds()).some(({ waiting }) => waiting > 0)
    await until(isHeld, () => `${id} never came to the hold`)
    await sleep(500)
    stalled.push(await cancelled(product, id))
    await product.lab.release()
  }
  tell('while the source stands still', stalled)
} finally {
  await product[Symbol.asyncDispose]()
}
