import { join } from 'node:path'
import type { BackupDetails } from '../../api/contract/backups.js'
import { execute, executionWhen, hasEnded, openFlowScene, untruths } from './flow-run.js'
import type { FlowScene } from './flow-run.js'
import { leftovers } from './leftovers.js'
import type { Victim } from './moments.js'
import { socketDirOf } from './scene.js'
import { seeded } from '../../activities/blocks/testing/random.js'
import { strike } from './strike.js'

let scene: FlowScene
beforeAll(async () => {
  scene = await openFlowScene()
})
afterAll(() => scene?.product[Symbol.asyncDispose]())

const victims: readonly { readonly victim: Victim; readonly afterVms: number }[] = [
  { victim: 'worker', afterVms: 2 },
  { victim: 'api', afterVms: 6 },
  { victim: 'temporal', afterVms: 9 },
  { victim: 'mariadb', afterVms: 13 },
]

test('worker, API, Temporal and database die in turn: the run of twenty VMs ends true, and nothing is left', async () => {
  const { product } = scene
  const socketDir = await socketDirOf(product)
  const id = await execute(scene)
  for (const { victim, afterVms } of victims) {
    await executionWhen(scene, id, ({ vms_processed }) => vms_processed >= afterVms)
    const said = await strike({
      product,
      socketDir,
      victim,
      random: seeded(`${victim} of a flow`),
      awayMs: 3000,
      letGo: () => Promise.resolve(),
      untilServicesEnd: false,
    })
    process.stderr.write(`after ${afterVms} VMs: ${said}\n`)
  }
  const ended = await executionWhen(scene, id, hasEnded)
  expect({ status: ended.status, completed: ended.jobs_completed }).toEqual({
    status: 'success',
    completed: 20,
  })
  expect(await untruths(scene, ended)).toEqual([])
  const points = await Promise.all(
    ended.created_job_ids.map((backup) => product.call<BackupDetails>('GET', `/backups/${backup}`)),
  )
  const root = join(__dirname, '..', '..')
  const world = { product, root, socketDir, repositories: [scene.repositoryPath], points }
  expect(await leftovers(world, 120_000)).toEqual([])
})
