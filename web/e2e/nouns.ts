import type { Page } from 'playwright-core'

const open = async (page: Page, place: string): Promise<void> => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click()
  await page.getByRole('heading', { name: place, exact: true }).waitFor()
}

/** Makes a group through its page and adds these VMs, which are under protection; ends at the group's page. */
export const createGroup = async (
  page: Page,
  group: { readonly name: string; readonly vms: readonly string[] },
): Promise<void> => {
  await open(page, 'Protection Groups')
  await page.getByRole('button', { name: 'Create group' }).click()
  const form = page.getByRole('dialog', { name: 'Create protection group' })
  await form.getByLabel('Name', { exact: true }).fill(group.name)
  await form.getByRole('button', { name: 'Create group' }).click()
  await page.getByRole('heading', { name: group.name, exact: true }).waitFor()
  await page.getByRole('button', { name: 'Add VMs' }).click()
  const choice = page.getByRole('dialog', { name: `Add VMs to ${group.name}` })
  for (const vm of group.vms) {
    await choice.getByLabel('Search').fill(vm)
    await choice.getByRole('checkbox', { name: vm, exact: true }).check()
  }
  await choice.getByRole('button', { name: 'Add to group' }).click()
  await choice.waitFor({ state: 'detached' })
  const members = page.getByRole('table', { name: 'Members by hand' })
  for (const vm of group.vms) await members.getByRole('cell', { name: vm, exact: true }).waitFor()
}

/** Makes a schedule through its page once its next runs are shown; ends at the table of schedules. */
export const createSchedule = async (
  page: Page,
  schedule: { readonly name: string; readonly cron: string; readonly timezone?: string },
): Promise<void> => {
  await open(page, 'Schedules')
  await page.getByRole('button', { name: 'Create schedule' }).click()
  const form = page.getByRole('dialog', { name: 'Create schedule' })
  await form.getByLabel('Name', { exact: true }).fill(schedule.name)
  await form.getByLabel('Cron expression').fill(schedule.cron)
  await form.getByLabel('Time zone').selectOption(schedule.timezone ?? 'UTC')
  await form.getByRole('table', { name: /^Next runs/ }).waitFor()
  await form.getByRole('button', { name: 'Create schedule' }).click()
  await form.waitFor({ state: 'detached' })
  await page.getByRole('table', { name: 'Schedules' }).getByRole('link', { name: schedule.name }).waitFor()
}
