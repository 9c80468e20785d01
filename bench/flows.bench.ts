import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRunLab, quietRuntime } from '../activities/catalog/testing/run-lab.js'
import type { RunLab } from '../activities/catalog/testing/run-lab.js'
import { addFlow, addSchedule, inBatches, manyVms, syncFlow } from '../dev/testing/many-flows.js'
import { openServices } from '../dev/testing/services.js'
import { giveSchedule, unsyncedFlows } from '../drizzle/testing/many-flows.js'
import { dueMinute, settingsOf, watchDue } from './due-minute.js'
import { describeMachine } from './machine.js'

/*
 * Many flows, one VM each, due in the same minute on the memory platform: how soon each has its one execution running,
 * and that no limit of places and no pool is exceeded meanwhile.
 *   npm run bench -- flows [flows=1000] [synchronous=NORMAL|FULL] [lead=240] [watch=120]
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const settings = settingsOf(process.argv.slice(2))
  const machine = await describeMachine(['qemu-img', 'nbdkit'])
  say(`${machine.processor}, ${machine.cores} cores, load ${machine.load}, node ${machine.versions['node']}`)
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
  await using services = await openServices(root, settings.synchronous === 'FULL')
  Object.assign(process.env, services.environment)
  quietRuntime()
  await using lab = await openRunLab(process.env)
  const flowIds = await makeFlows(lab, settings.flows)
  say(`${settings.flows} VMs and flows made`)
  await lab.serve()
  const due = dueMinute(settings.leadSeconds)
  await ringAt(lab, flowIds, due)
  say(`all schedules stand, ${Math.round((due.getTime() - Date.now()) / 1000)} s before the minute`)
  await sleep(Math.max(0, due.getTime() - Date.now()))
  process.exitCode = (await watchDue(lab, { due, settings, say })) ? 0 : 1
}

const makeFlows = async (lab: RunLab, count: number): Promise<string[]> => {
  const vms = await manyVms(lab, count, 65_536)
  const flowIds: string[] = []
  await inBatches(count, 10, async (index) => {
    const target_id = vms[index] ?? ''
    const flow = {
      target_type: 'vm',
      target_id,
      repository_id: lab.repository.id,
      schedule_id: null,
    } as const
    flowIds.push(await addFlow(lab.db, flow))
  })
  return flowIds
}

const ringAt = async (lab: RunLab, flowIds: readonly string[], due: Date): Promise<void> => {
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} ${due.getUTCDate()} ${due.getUTCMonth() + 1} *`
  const schedule = await addSchedule(lab.db, cron)
  await giveSchedule(lab.db, schedule)
  await inBatches(flowIds.length, 25, (index) => syncFlow(lab.client, flowIds[index] ?? ''))
  for (;;) {
    const left = await unsyncedFlows(lab.db)
    if (left === 0) return
    if (Date.now() > due.getTime())
      throw new Error(`${left} schedules were not there in time; take a longer lead=`)
    await sleep(1000)
  }
}

await main()
