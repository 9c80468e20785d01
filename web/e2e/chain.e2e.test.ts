import type { Page } from 'playwright-core'
import type { Product } from '../../dev/testing/product.js'
import { addLab, addRepository, protect, startProduct } from '../../dev/testing/product.js'
import { until } from '../../dev/testing/run-npm.js'
import { enter, openBrowser, photographer } from './browser.js'

const vm = 'pgtest2'
const key = 2000
const MiB = 2 ** 20
const minutes = 60_000

/** Until a read stands before the hold: the copy is in the middle. */
const held = (product: Product) =>
  until(
    async () => (await product.lab.holds()).some(({ waiting }) => waiting > 0),
    () => 'no read came to the hold',
  )

/** Starts a backup from the VM's panel, by keyboard alone, and opens its page. */
const backUp = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Back up this VM' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: `Back up ${vm}` })
  await dialog.getByLabel('Repository').press('Enter')
  await dialog.getByRole('button', { name: 'Start backup' }).press('Enter')
  await dialog.waitFor({ state: 'detached', timeout: minutes })
  // The list is the one of before until it was asked again.
  const open = page.getByRole('row').filter({ hasText: /pending|running/ })
  await open.getByRole('link', { name: new RegExp(`^${vm}`) }).click({ timeout: minutes })
  await page.getByRole('heading', { name: `Backup of ${vm}` }).waitFor()
}

const statusOf = (page: Page, status: string) =>
  page.getByRole('main').locator('header').getByText(status, { exact: true })

const pointsOf = (page: Page) =>
  page.getByRole('list', { name: 'Points of the chain, newest first' }).getByRole('listitem')

const openPoints = async (page: Page): Promise<void> => {
  const panel = page.getByRole('complementary', { name: 'VM context' })
  await panel.getByRole('link', { name: /restore points?$/ }).click({ timeout: minutes })
  await page.getByRole('heading', { name: `Restore points of ${vm}` }).waitFor()
}

test(
  'a backup is paused, resumed, audited and cancelled by its buttons, and its chain is shown and deleted',
  async () => {
    await using product = await startProduct()
    const { lab } = product
    await protect(product, await addLab(product), vm)
    await addRepository(product, 'first')
    const photograph = await photographer(process.env['SCREENSHOTS'])
    await using browser = await openBrowser({ ...process.env, TMPDIR: product.home })
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    const pageErrors: string[] = []
    page.on('pageerror', (error) => pageErrors.push(error.message))
    await enter(page, product)
    await page.getByRole('link', { name: 'Virtual Machines' }).first().click()
    await page.getByRole('button', { name: vm, exact: true }).click()

    // A full backup, paused and resumed in the middle.
    await lab.hold(vm, key, 8 * MiB)
    await backUp(page)
    await held(product)
    const main = page.getByRole('main')
    await main.getByRole('button', { name: 'Pause' }).press('Enter')
    await statusOf(page, 'paused').waitFor({ timeout: minutes })
    await page.reload()
    await statusOf(page, 'paused').waitFor({ timeout: minutes })
    await main.getByText(/The snapshot is kept until .* left\)/).waitFor()
    expect(await main.getByRole('button', { name: 'Pause' }).count()).toBe(0)
    await photograph(page, 'paused')
    await main.getByRole('button', { name: 'Resume' }).press('Enter')
    await statusOf(page, 'running').waitFor({ timeout: minutes })
    await lab.release()
    await statusOf(page, 'completed').waitFor({ timeout: 2 * minutes })

    // An increment, audited.
    for (const offset of [20 * MiB, 30 * MiB])
      await lab.write(vm, key, offset, new Uint8Array(65_536).fill(offset / MiB))
    await lab.hold(vm, key, 25 * MiB)
    await backUp(page)
    await held(product)
    await main.getByRole('button', { name: 'Audit' }).press('Enter')
    const audit = page.getByRole('dialog', { name: `Audit change tracking of ${vm}` })
    await audit.getByLabel('What is read').selectOption('all')
    await audit.getByRole('button', { name: 'Audit' }).press('Enter')
    await main.getByText(/all of it asked for/).waitFor({ timeout: minutes })
    await lab.release()
    await statusOf(page, 'completed').waitFor({ timeout: 2 * minutes })
    await main.getByText('agrees', { exact: true }).first().waitFor({ timeout: minutes })
    await photograph(page, 'audited')

    // A third run, cancelled.
    await lab.write(vm, key, 30 * MiB, new Uint8Array(65_536).fill(9))
    await lab.hold(vm, key, 25 * MiB)
    await backUp(page)
    await held(product)
    await main.getByRole('button', { name: 'Cancel' }).press('Enter')
    const cancel = page.getByRole('dialog', { name: `Cancel the backup of ${vm}` })
    await cancel.getByRole('button', { name: 'Cancel backup' }).press('Enter')
    await statusOf(page, 'cancelled').waitFor({ timeout: 2 * minutes })
    await lab.release()
    await main.getByText('No point came of this backup').waitFor()

    await openPoints(page)
    const [increment, full] = [pointsOf(page).nth(0), pointsOf(page).nth(1)]
    await full.waitFor()
    expect(await pointsOf(page).count()).toBe(2)
    await photograph(page, 'points')
    expect(await increment.innerText()).toMatch(
      /changed: the areas that changed[^]*overlay: only what differs/,
    )
    expect(await increment.innerText()).toMatch(/audit agrees[^]*the full of[^]*can be deleted alone/)
    expect(await full.innerText()).toMatch(/first copy in a chain[^]*root: there is no earlier point/)
    expect(await full.innerText()).toMatch(/begins the chain[^]*only be deleted together/)
    expect(await full.getByRole('button').count()).toBe(0)

    // The whole chain goes only for the VM's name; Escape gives the focus back.
    const opener = main.getByRole('button', { name: 'Delete the whole chain' })
    await opener.press('Enter')
    const removal = page.getByRole('dialog', { name: `Delete a whole chain of ${vm}` })
    expect(await removal.getByRole('button', { name: 'Delete 2 points' }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await removal.waitFor({ state: 'detached' })
    expect(await page.locator(':focus').innerText()).toBe('Delete the whole chain')
    await opener.press('Enter')
    const name = removal.getByLabel(`Type the VM's name: ${vm}`)
    await name.fill(vm)
    await name.press('Enter')
    await Promise.race([
      removal.waitFor({ state: 'detached', timeout: 2 * minutes }),
      removal
        .getByRole('alert')
        .innerText({ timeout: 2 * minutes })
        .then((text) => Promise.reject(new Error(text))),
    ])
    await main.getByText('No restore point of this disk here').waitFor({ timeout: 2 * minutes })
    expect(pageErrors).toEqual([])
  },
  10 * minutes,
)
