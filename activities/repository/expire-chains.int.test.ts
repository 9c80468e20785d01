import { mountSmallFileSystem, testOnSmallFileSystem } from '../../dev/testing/small-file-system.js'
import { usualRetention } from '../../domain/rules/keeps.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { pinsOn, takePins } from '../../drizzle/queries/pins.js'
import { addFlow, addGroup, addPolicy, deleteFlow } from '../../drizzle/testing/flow-rows.js'
import { expireChains } from './expire-chains.js'
import { filesOfRepository } from './point-files.js'
import { diskContents, openPointLab } from './testing/point-lab.js'
import type { PointLab, TestPoint } from './testing/point-lab.js'

jest.setTimeout(120_000)

const dayMs = 86_400_000

test('whole chains that are no longer kept go, with their reason; what is used stays', async () => {
  await using lab = await openPointLab()
  const a = await aged(lab, 30)
  const over = await aged(lab, 29, a)
  const used = await aged(lab, 20)
  const newest = await aged(lab, 1)
  const { db } = lab.needs
  await takePins(db, [used.id], { owner: 'verify:it', runId: 'run-1', purpose: 'verify' })
  const input = { repositoryId: lab.repository.id, workflowId: 'sweep-leftovers', runId: 'run-9' }
  const sweep = ({ points, days }: { points: number; days: number }, said: string[] = []) =>
    lab.run(
      expireChains({
        ...lab.needs,
        keep: usualRetention(points, days),
        said: (sentence) => void said.push(sentence),
      }),
      input,
    )

  expect(await sweep({ points: 0, days: 0 })).toEqual({ removed: [] })
  expect(await sweep({ points: 4, days: 0 })).toEqual({ removed: [] })
  const said: string[] = []
  const { removed } = await sweep({ points: 1, days: 7 }, said)
  expect(removed).toEqual(said)
  expect(removed).toEqual([
    expect.stringMatching(/pgtest2 with 2 point\(s\).*29 days old \(7 are kept\) and 2 newer good points/),
  ])
  for (const { id } of [a, over]) {
    expect(removed[0]).toContain(id)
    expect(await backupById(db, id)).toBeUndefined()
  }
  const left = new Set((await filesOfRepository(lab.repository.path)).map(({ backupId }) => backupId))
  expect(left).toEqual(new Set([used.id, newest.id]))
  expect(await pinsOn(db, [used.id, newest.id])).toMatchObject([{ owner: 'verify:it' }])
  expect(await sweep({ points: 1, days: 7 })).toEqual({ removed: [] })
})

test('a chain whose newer neighbour was found damaged stays', async () => {
  await using lab = await openPointLab()
  const old = await aged(lab, 30)
  const damaged = await aged(lab, 3)
  await updateBackup(lab.needs.db, damaged.id, { verify_result: 'damaged' }, ['completed'])
  const input = { repositoryId: lab.repository.id, workflowId: 'sweep-leftovers', runId: 'run-9' }
  const step = expireChains({ ...lab.needs, keep: usualRetention(1, 0) })
  expect(await lab.run(step, input)).toEqual({ removed: [] })
  await updateBackup(lab.needs.db, damaged.id, { verify_result: 'good' }, ['completed'])
  expect((await lab.run(step, input)).removed).toHaveLength(1)
  expect(await backupById(lab.needs.db, old.id)).toBeUndefined()
})

test('nothing goes that another flow still keeps: enabled or not, of a group, or the maker of the point', async () => {
  await using lab = await openPointLab()
  const { db } = lab.needs
  const { context } = lab.registered
  const monthly = await aged(lab, 70)
  const made = await aged(lab, 50)
  const weekly = await aged(lab, 20)
  const newest = await aged(lab, 1)
  const [lean, wide, maker] = [
    await addPolicy(db, { keep_points: 1 }),
    await addPolicy(db, { keep_monthly: 3 }),
    await addPolicy(db, { keep_points: 3 }),
  ]
  const here = { repository_id: lab.repository.id }
  const vm = { target_type: 'vm', target_id: context.id } as const
  await addFlow(db, { ...here, ...vm, policy_id: lean })
  const group = await addGroup(db, [context.id])
  const other = await addFlow(db, {
    ...here,
    target_type: 'group',
    target_id: group,
    policy_id: wide,
    enabled: false,
  })
  const left = await addFlow(db, { ...here, ...vm, target_id: 'ctx-other', policy_id: maker })
  await updateBackup(db, made.id, { flow_id: left }, ['completed'])
  const input = { repositoryId: lab.repository.id, workflowId: 'sweep-leftovers', runId: 'run-9' }
  // The default would let all but one go, and does not speak here.
  const step = expireChains({ ...lab.needs, keep: usualRetention(1, 0) })
  const filesOf = async (): Promise<Set<string>> =>
    new Set((await filesOfRepository(lab.repository.path)).map(({ backupId }) => backupId))

  expect(await lab.run(step, input)).toEqual({ removed: [] })
  await deleteFlow(db, other)
  const { removed } = await lab.run(step, input)
  expect(removed).toEqual([expect.stringMatching(new RegExp(`${monthly.id}.*policy .*3 newer good points`))])
  expect(await filesOf()).toEqual(new Set([made.id, weekly.id, newest.id]))
  await deleteFlow(db, left)
  expect((await lab.run(step, input)).removed).toHaveLength(2)
  expect(await filesOf()).toEqual(new Set([newest.id]))
})

test('a flow without a policy keeps by the default', async () => {
  await using lab = await openPointLab()
  const { db } = lab.needs
  const old = await aged(lab, 30)
  await aged(lab, 1)
  const target = { target_type: 'vm', target_id: lab.registered.context.id } as const
  const flow = { ...target, repository_id: lab.repository.id }
  await addFlow(db, { ...flow, policy_id: await addPolicy(db, { keep_points: 1 }) })
  const bare = await addFlow(db, flow)
  const input = { repositoryId: lab.repository.id, workflowId: 'sweep-leftovers', runId: 'run-9' }
  expect(await lab.run(expireChains(lab.needs), input)).toEqual({ removed: [] })
  await deleteFlow(db, bare)
  expect((await lab.run(expireChains(lab.needs), input)).removed).toEqual([expect.stringContaining(old.id)])
})

const { it: onSmallFileSystem, why: skipped } = testOnSmallFileSystem()

onSmallFileSystem(
  `a full repository wins room; what the sweep holds elsewhere stays held${skipped}`,
  async () => {
    await using small = await mountSmallFileSystem(128)
    await using lab = await openPointLab({ repositoryPath: small.path })
    const { db } = lab.needs
    const old = await aged(lab, 30)
    await aged(lab, 1)
    const elsewhere = await lab.plan(diskContents())
    const sweeper = { owner: 'sweep-leftovers', runId: 'run-9' }
    await takePins(db, [elsewhere.id], { ...sweeper, purpose: 'delete' })
    await small.fill()
    const step = expireChains({ ...lab.needs, keep: usualRetention(1, 7) })
    const input = { repositoryId: lab.repository.id, workflowId: sweeper.owner, runId: sweeper.runId }
    expect((await lab.run(step, input)).removed).toHaveLength(1)
    expect(await backupById(db, old.id)).toBeUndefined()
    expect(await pinsOn(db, [elsewhere.id])).toMatchObject([sweeper])
  },
)

const aged = async (lab: PointLab, days: number, parent?: TestPoint): Promise<TestPoint> => {
  const point = await lab.point(diskContents(), parent)
  const at = new Date(Date.now() - days * dayMs - 60_000).toISOString()
  await updateBackup(lab.needs.db, point.id, { snapshot_taken_at: at }, ['completed'])
  return point
}
