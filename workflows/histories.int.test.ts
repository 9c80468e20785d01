import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import * as workflows from './all.js'
import { bundleWorkflows, replay } from './testing/replay.js'

const folder = join(__dirname, 'histories')
const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
let bundle: WorkflowBundleWithSourceMap

beforeAll(async () => {
  bundle = await bundleWorkflows()
})

const read = (file: string) => historyFromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')))

test('a run of every type is on record', () => {
  const types = files.map((file) => {
    const [started] = read(file).events ?? []
    return started?.workflowExecutionStartedEventAttributes?.workflowType?.name
  })
  expect([...new Set(types)].sort()).toEqual(Object.keys(workflows).sort())
})

test('a backup of every ending is on record, and one of every pause', () => {
  const kinds = ['completed', 'cancelled', 'failed', 'paused', 'begun-anew'].map(
    (end) => `backup-vm.two-disks.${end}.json`,
  )
  expect(files).toEqual(expect.arrayContaining(kinds))
})

test('a run of a flow and a lane are on record: ended, paused, cancelled, outside a window', () => {
  const kinds = ['one-vm.completed', 'two-lanes.completed', 'paused', 'cancelled', 'window']
  const lanes = ['flow-lane.completed.json', 'flow-lane.cancelled.json']
  expect(files).toEqual(expect.arrayContaining([...kinds.map((kind) => `run-flow.${kind}.json`), ...lanes]))
})

test('what rings, follows and repairs schedules is on record, and a dry run', () => {
  const kinds = ['flow-tick.decided', 'flow-tick.tried-again', 'flow-sync', 'reconcile', 'test-flow']
  expect(files).toEqual(expect.arrayContaining(kinds.map((kind) => `${kind}.json`)))
})

test('questions and repairs are on record, a password that is asked with once among them', () => {
  const kinds = ['discover', 'discover.once', 'test-platform', 'inspect-repository', 'open-content']
  const repairs = ['verify-backup', 'delete-backup', 'rescan-repository', 'sweep-leftovers.orphan']
  expect(files).toEqual(expect.arrayContaining([...kinds, ...repairs].map((kind) => `${kind}.json`)))
})

test.each(files)('%s replays', async (file) => {
  await replay(bundle, read(file), 'backup:ctx-recorded')
})

test('a run whose steps stand in another order does not replay', async () => {
  const history = read('backup-vm.two-disks.completed.json')
  const scheduled = (history.events ?? []).filter((event) => event.activityTaskScheduledEventAttributes)
  scheduled[1]!.activityTaskScheduledEventAttributes!.activityType = { name: 'commitPoint' }
  await expect(replay(bundle, history, 'backup:ctx-recorded')).rejects.toThrow(/[Nn]ondeterminism/)
})
