import { openSurvivor, type Survivor } from './backup.js'
import type { Plan } from './moments.js'

let survivor: Survivor
beforeAll(async () => {
  survivor = await openSurvivor()
})
afterAll(() => survivor?.[Symbol.asyncDispose]())

const half = { kind: 'copy', share: 0.5 } as const

/** One for each who can die; `npm run test:chaos -- backup` has them all at every moment. */
const plans: readonly Plan[] = [
  { victim: 'worker', backup: 'full', moment: { kind: 'copy', share: 0.9 } },
  { victim: 'nbdkit', backup: 'full', moment: half },
  { victim: 'qemu-nbd', backup: 'increment', moment: half },
  { victim: 'api', backup: 'increment', moment: { kind: 'step', side: 'before', step: 'claimBackup' } },
  { victim: 'temporal', backup: 'increment', moment: half },
  { victim: 'mariadb', backup: 'increment', moment: { kind: 'step', side: 'after', step: 'commitPoint' } },
  { victim: 'lab', backup: 'increment', moment: { kind: 'task', method: 'CreateSnapshot_Task' } },
  { victim: 'supervisor', backup: 'increment', moment: half },
]

test.each(plans)(
  'the end of $victim in the middle of a backup ($backup) spoils nothing and leaves nothing',
  async (plan) => {
    const { wasSwept } = await survivor.run(plan, 1 + plans.indexOf(plan))
    expect(wasSwept).toBe(false)
  },
)
