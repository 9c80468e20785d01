import type { Page } from 'playwright-core'
import type { FlowDetails } from '../../api/contract/protection-flows.js'
import { addLab, addRepository, protect, startProduct } from '../../dev/testing/product.js'
import { enter, openBrowser, photographer } from './browser.js'
import { createGroup, createSchedule } from './nouns.js'

/** Each minute, so that the test need not wait for five: `E2E_CRON="*\/5 * * * *"` is the real thing. */
const cron = process.env['E2E_CRON'] ?? '* * * * *'
const vms = ['pgtest1', 'pgtest2'] as const
const minutes = 60_000

const visit = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { name, exact: true, level: 1 }).waitFor()
}

/** Ends at the page of the new flow. */
const createFlow = async (page: Page, name: string, group: string, schedule: string): Promise<void> => {
  await visit(page, 'Protection Flows')
  await page.getByRole('button', { name: 'Create flow' }).click()
  const create = page.getByRole('dialog', { name: 'Create flow' })
  const submit = create.getByRole('button', { name: 'Create flow' })
  await submit.click()
  await create.getByText('Give it a name.').waitFor()
  await create.getByLabel('Name', { exact: true }).fill(name)
  await create.getByLabel('Protects').selectOption('group')
  await create.getByRole('combobox', { name: 'Protection group' }).fill(group.slice(0, 3))
  await create.getByRole('option', { name: new RegExp(group) }).click()
  await create.getByLabel('Repository').selectOption({ index: 1 })
  await create.getByLabel('Schedule', { exact: true }).selectOption({ label: `${schedule} (${cron}, UTC)` })
  expect(
    await create.getByRole('table', { name: 'Next runs, in UTC' }).getByRole('row').nth(10).innerText(),
  ).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}/)
  await submit.click()
  await page.getByRole('heading', { name, level: 1 }).waitFor({ timeout: minutes })
}

test(
  'a group of two VMs is backed up by its schedule, and history and statistics say so',
  async () => {
    await using product = await startProduct()
    const platform = await addLab(product)
    for (const vm of vms) await protect(product, platform, vm)
    await addRepository(product, 'first')
    const photograph = await photographer(process.env['SCREENSHOTS'])
    await using browser = await openBrowser({ ...process.env, TMPDIR: product.home })
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const pageErrors: string[] = []
    page.on('pageerror', (error) => pageErrors.push(error.message))
    await enter(page, product)

    await createGroup(page, { name: 'Two machines', vms })
    await createSchedule(page, { name: 'Soon', cron })
    await createFlow(page, 'Both of them', 'Two machines', 'Soon')
    const flowId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const main = page.getByRole('main')
    const machines = main.getByRole('table', { name: 'Machines in this flow' }).getByRole('row')
    expect(await machines.count()).toBe(1 + vms.length)

    // It runs when it is due, and the page hears of it without being asked.
    const history = main.getByRole('table', { name: 'Executions of this flow, newest first' })
    const runs = history.getByRole('row').filter({ hasText: 'success' })
    await runs.first().waitFor({ timeout: 8 * minutes })
    await photograph(page, 'flow-ran')
    await main.getByRole('switch', { name: 'Both of them enabled' }).click()
    await main.getByText('Nothing runs now').waitFor({ timeout: 2 * minutes })
    await main.getByText('The flow is disabled. It can be run by hand.').waitFor({ timeout: minutes })
    await main.getByRole('switch', { name: 'Both of them enabled', checked: false }).waitFor()

    // The first run: both VMs, each with a backup that stands.
    await runs.last().getByRole('link').first().click()
    await page.getByRole('heading', { name: 'Run of Both of them' }).waitFor()
    await main.getByText(/\(scheduled\)$/).waitFor()
    const items = main.getByRole('table', { name: 'VMs of this run' }).getByRole('row')
    await items.nth(vms.length).waitFor()
    await photograph(page, 'run')
    for (const vm of vms)
      expect(await items.filter({ hasText: vm }).innerText()).toMatch(/completed[^]*Backup/)
    await items
      .filter({ hasText: vms[0] })
      .getByRole('link', { name: /^Backup/ })
      .click()
    await page.getByRole('heading', { name: `Backup of ${vms[0]}` }).waitFor()
    await visit(page, 'Backups')
    const backups = main.getByRole('table', { name: 'Backups, newest first' }).getByRole('row')
    for (const vm of vms)
      await backups.filter({ hasText: vm }).filter({ hasText: 'completed' }).first().waitFor()
    await photograph(page, 'backups')

    // What the table says is what was counted.
    const { status, machines: known } = await product.call<FlowDetails>('GET', `/protection-flows/${flowId}`)
    expect(status.successful_executions).toBeGreaterThanOrEqual(1)
    expect(status).toMatchObject({ total_executions: status.successful_executions, failed_executions: 0 })
    expect(known.map(({ success_rate: rate }) => rate)).toEqual([100, 100])
    await visit(page, 'Protection Flows')
    const total = status.total_executions
    await main
      .getByRole('row', { name: /Both of them/ })
      .getByText(`${total} ${total === 1 ? 'run' : 'runs'}: ${total} success`)
      .waitFor()
    await photograph(page, 'flows')
    expect(pageErrors).toEqual([])
  },
  15 * minutes,
)
