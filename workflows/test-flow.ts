import type { PlatformQuestion, RepositoryQuestion } from '../activities/flow-test-steps.js'
import type { FlowCheck } from '../domain/flow-check.js'
import type { TestFlowInput, TestFlowResult } from '../domain/operations.js'
import { failureView } from './failure-view.js'
import { captureDryRun, control, repositoryDryRun } from './steps.js'

/**
 * A dry run: changes nothing, and ends within a minute. What could not be asked is a line of the answer, too, and no
 * failure.
 */
export async function testFlow(input: TestFlowInput): Promise<TestFlowResult> {
  const plan = await control.planFlowTest.executeWithOptions({ summary: 'look at our own records' }, [input])
  const asked = await Promise.all([
    ...plan.platforms.flatMap((platform) => [loginChecks(platform), machineChecks(platform)]),
    ...(plan.repository === null ? [] : [roomChecks(plan.repository)]),
  ])
  return { checks: [...plan.checks, ...asked.flat()] }
}

/** Certificate, login, rights, version. */
const loginChecks = ({ platformId, name, site }: PlatformQuestion): Promise<FlowCheck[]> =>
  orWhyNot(`platform ${name}`, async () => {
    const { checks } = await captureDryRun(site).testPlatform.executeWithOptions(
      { summary: `check the platform ${name}` },
      [{ platformId }],
    )
    return checks.map(({ ok, name: what, ...check }) => ({
      ...check,
      name: `${name}: ${what}`,
      severity: ok ? 'ok' : 'error',
    }))
  })

const machineChecks = ({ platformId, name, site, vmContextIds }: PlatformQuestion): Promise<FlowCheck[]> =>
  orWhyNot(`VMs on ${name}`, async () => {
    const { checks } = await captureDryRun(site).checkVms.executeWithOptions(
      { summary: `look at ${vmContextIds.length} VM(s) on ${name}` },
      [{ platformId, vmContextIds }],
    )
    return [...checks]
  })

const roomChecks = ({ repositoryId, name, neededBytes }: RepositoryQuestion): Promise<FlowCheck[]> =>
  orWhyNot('repository', async () => {
    const room = await repositoryDryRun(repositoryId).inspectRepository.executeWithOptions(
      { summary: `check marker and room of ${name}` },
      [{ repositoryId, action: 'check', neededBytes }],
    )
    const detail = `${name} has ${room.free_bytes} bytes free; the next run is reckoned at ${neededBytes}`
    return [{ name: 'repository', severity: 'ok', detail, remedy: null }]
  })

async function orWhyNot(name: string, ask: () => Promise<FlowCheck[]>): Promise<FlowCheck[]> {
  try {
    return await ask()
  } catch (error) {
    const { message, remedy } = failureView(error)
    return [{ name, severity: 'error', detail: message, remedy }]
  }
}
