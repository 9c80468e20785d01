import type { Locator } from 'playwright-core'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProduct } from '../../dev/testing/product.js'
import { openBrowser, photographer } from './browser.js'

/** Where the pictures go, to be looked at; without it none are taken. */
const screenshots = process.env['SCREENSHOTS']

const vm = 'pgtest2'
const minutes = 60_000

const secretIn = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim()

/** Pairs with colons, as the page wants them, whichever way the lab writes its thumbprint. */
const thumbprintOf = (text: string): string =>
  (text.replaceAll(':', '').toUpperCase().match(/../g) ?? []).join(':')

/** Reads the bar until its row says completed; answers with the percentages it went through. */
const watchBar = async (row: Locator): Promise<number[]> => {
  const seen: number[] = []
  const until = Date.now() + 4 * minutes
  for (;;) {
    const text = await row.innerText()
    const percent = Number(await row.getByRole('progressbar').getAttribute('aria-valuenow'))
    if (seen.at(-1) !== percent) seen.push(percent)
    if (/\b(completed|failed|cancelled)\b/.test(text)) return seen
    if (Date.now() > until)
      throw new Error(`The backup did not end in time: ${text}; percentages ${seen.join(' ')}`)
    await row.page().waitForTimeout(100)
  }
}

test(
  'a first run through the page: password, platform, VM, repository, backup, workflow',
  async () => {
    await using product = await startProduct()
    const { ui, admin_user } = await product.endpoints()
    const lab = product.labReady
    const firstPassword = await secretIn(product.adminPasswordFile)
    const repositoryPath = join(product.home, 'state', 'first-repository')
    await mkdir(repositoryPath)
    // A copy slow enough to be watched: the small disks are through in half a second otherwise.
    await product.lab.rate({ vm, bytes_per_second: 8 * 2 ** 20 })
    const ownPassword = randomBytes(12).toString('hex')
    const photograph = await photographer(screenshots)
    await using browser = await openBrowser({ ...process.env, TMPDIR: product.home })
    const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } })
    const page = await context.newPage()
    const pageErrors: string[] = []
    page.on('pageerror', (error) => pageErrors.push(error.message))

    await page.goto(ui)
    await page.getByLabel('User name').fill(admin_user)
    await page.getByLabel('Password').fill(firstPassword)
    await photograph(page, 'login')
    await page.getByRole('button', { name: 'Log in' }).click()

    await page.getByRole('heading', { name: 'Change the first password' }).waitFor()
    await page.getByLabel('Current password').fill(firstPassword)
    await page.getByLabel('New password', { exact: true }).fill(ownPassword)
    await page.getByLabel('New password again').fill(ownPassword)
    await photograph(page, 'first-password')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.getByRole('heading', { name: 'Dashboard', exact: true }).waitFor()
    await photograph(page, 'dashboard')

    await page.getByRole('link', { name: 'Platforms' }).first().click()
    await page.getByRole('button', { name: 'Add platform' }).click()
    const addPlatform = page.getByRole('dialog', { name: 'Add platform' })
    await addPlatform.getByLabel('Name', { exact: true }).fill('Practice vCenter')
    await addPlatform.getByLabel('vCenter host').fill(lab.host)
    await addPlatform.getByLabel('User name').fill(lab.user)
    await addPlatform.getByLabel('Password').fill(product.labPassword)
    await addPlatform.getByLabel('Certificate').selectOption('thumbprint')
    await addPlatform.getByLabel('Thumbprint').fill(thumbprintOf(lab.thumbprint_sha256))
    await photograph(page, 'add-platform')
    await addPlatform.getByRole('button', { name: 'Save platform' }).click()
    await addPlatform.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Test Practice vCenter' }).click()
    const selfCheck = page.getByRole('dialog', { name: 'Test of Practice vCenter' })
    await selfCheck.getByText('All checks passed').waitFor({ timeout: minutes })
    await photograph(page, 'platform-test')
    await selfCheck.getByRole('button', { name: 'Close' }).click()
    await selfCheck.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Discover VMs of Practice vCenter' }).click()
    const discovered = page.getByRole('dialog', { name: 'VMs of Practice vCenter' })
    await discovered.getByLabel(`Protect ${vm}`, { exact: true }).check({ timeout: 2 * minutes })
    await photograph(page, 'discovered')
    await discovered.getByRole('button', { name: 'Protect selected' }).click()
    await page.getByRole('heading', { name: 'Virtual Machines', exact: true }).waitFor({ timeout: minutes })

    await page.getByRole('link', { name: 'Repositories' }).first().click()
    await page.getByRole('button', { name: 'Add repository' }).click()
    const addRepository = page.getByRole('dialog', { name: 'Add repository' })
    await addRepository.getByLabel('Name', { exact: true }).fill('First repository')
    await addRepository.getByLabel('Path').fill(repositoryPath)
    await addRepository.getByRole('button', { name: 'Save repository' }).click()
    await addRepository.waitFor({ state: 'detached', timeout: minutes })
    await page.getByText(/ free of /).waitFor({ timeout: minutes })
    await photograph(page, 'repositories')

    await page.getByRole('link', { name: 'Virtual Machines' }).first().click()
    await page.getByRole('button', { name: vm, exact: true }).click()
    const panel = page.getByRole('complementary', { name: 'VM context' })
    await panel.getByRole('heading', { name: vm }).waitFor()
    await photograph(page, 'virtual-machines')
    await page.getByRole('button', { name: `Back up ${vm}`, exact: true }).click()
    const start = page.getByRole('dialog', { name: `Back up ${vm}` })
    await start.getByLabel('Repository').waitFor()
    await photograph(page, 'start-backup')
    await start.getByRole('button', { name: 'Start backup' }).click()

    await page.getByRole('heading', { name: 'Backups', exact: true }).waitFor({ timeout: minutes })
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: new RegExp(`^${vm}`) }) })
    await row.getByRole('progressbar').waitFor()
    await photograph(page, 'backup-runs')
    const percentages = await watchBar(row)
    await photograph(page, 'backup-ended')
    expect(await row.innerText()).toContain('completed')
    expect(percentages.at(-1)).toBe(100)
    expect(percentages.length).toBeGreaterThan(1)
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b))

    await row.getByRole('link', { name: new RegExp(`^${vm}`) }).click()
    await page.getByRole('heading', { name: `Backup of ${vm}` }).waitFor()
    await expect(page.getByRole('main').getByRole('progressbar').getAttribute('aria-valuenow')).resolves.toBe(
      '100',
    )
    const disks = page.getByRole('table', { name: 'Disks of this backup' }).getByRole('row')
    expect(await disks.count()).toBe(1 + 2)
    expect(
      await page
        .getByRole('table', { name: /^Steps of this backup/ })
        .getByRole('row')
        .count(),
    ).toBeGreaterThan(3)
    await page.getByRole('list', { name: /^Points of the chain/ }).waitFor()
    await photograph(page, 'details')

    const workflowId = await page
      .getByText(/^backup:ctx-/)
      .first()
      .innerText()
    const opened = context.waitForEvent('page')
    await page.getByRole('link', { name: /^Open workflow in Temporal/ }).click()
    const temporal = await opened
    await temporal.getByText(workflowId).first().waitFor({ timeout: minutes })
    await photograph(temporal, 'temporal')
    expect(temporal.url()).toContain('/temporal/')
    expect(pageErrors).toEqual([])
  },
  10 * minutes,
)
