const info = { continueAsNewSuggested: false, historyLength: 10 }
const claimed: string[] = []
const continued: unknown[] = []
let left = 0
let eventsEach = 0

jest.mock('@temporalio/workflow', () => {
  const steps = {
    claimItem: {
      executeWithOptions: async () => {
        info.historyLength += eventsEach
        if (left-- <= 0) return { kind: 'done' }
        claimed.push('item')
        return { kind: 'item', item: { position: 0, attempt: 1, summary: '', backup: { backupId: 'b' } } }
      },
    },
    settleItem: { executeWithOptions: async () => ({ status: 'completed', reason: null, notBefore: null }) },
  }
  return {
    ActivityCancellationType: {},
    ChildWorkflowCancellationType: {},
    ParentClosePolicy: {},
    CancellationScope: { current: () => ({}), nonCancellable: (work: () => Promise<unknown>) => work() },
    condition: () => Promise.resolve(true),
    continueAsNew: async (input: unknown) => void continued.push(input),
    defineSignal: () => ({}),
    executeChild: async () => ({ bytesRead: 1 }),
    proxyLocalActivities: () => steps,
    proxyActivities: () => steps,
    setCurrentDetails: () => undefined,
    setHandler: () => undefined,
    workflowInfo: () => info,
  }
})
import { flowLane } from './flow-lane.js'

const input = { flowId: 'flow-1', executionId: 'exec-1', lane: 1 }

beforeEach(() => {
  Object.assign(info, { continueAsNewSuggested: false, historyLength: 10 })
  claimed.length = 0
  continued.length = 0
  eventsEach = 0
})

test.each([
  {
    name: 'few VMs are done in one history',
    vms: 30,
    events: 20,
    suggested: false,
    done: 30,
    continues: false,
  },
  {
    name: 'two hundred end it, with no backup open',
    vms: 500,
    events: 1,
    suggested: false,
    done: 200,
    continues: true,
  },
  {
    name: 'so does a long history, well below 4,096 events',
    vms: 500,
    events: 40,
    suggested: false,
    done: 75,
    continues: true,
  },
  { name: 'and the server that suggests it', vms: 500, events: 1, suggested: true, done: 0, continues: true },
])('$name', async ({ vms, events, suggested, done, continues }) => {
  left = vms
  eventsEach = events
  info.continueAsNewSuggested = suggested
  await flowLane(input)
  expect(claimed).toHaveLength(done)
  expect(continued).toEqual(continues ? [input] : [])
})
