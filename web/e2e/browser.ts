import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { randomBytes } from 'node:crypto'
import { access, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Product } from '../../dev/testing/product.js'

// Debian has both; the headless one is smaller and is what the set-up installs.
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

/** A headless Chromium; its audio leaves a folder behind wherever `TMPDIR` says. */
export const openBrowser = async (env: NodeJS.ProcessEnv): Promise<Browser> =>
  chromium.launch({
    executablePath: await firstThatIs(browsers),
    env,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

const firstThatIs = async (paths: readonly string[]): Promise<string> => {
  for (const path of paths)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  throw new Error(`No browser: ${paths.join(', ')}; on Debian: apt-get install chromium-headless-shell`)
}

/** Takes numbered pictures into the directory, to be looked at; none without one. */
export const photographer = async (directory: string | undefined) => {
  if (directory !== undefined) await mkdir(directory, { recursive: true })
  let count = 0
  return async (page: Page, name: string): Promise<void> => {
    count += 1
    const file = `${String(count).padStart(2, '0')}-${name}.png`
    if (directory !== undefined) await page.screenshot({ path: join(directory, file), fullPage: true })
  }
}

/** Logs the first admin in and changes the first password; ends at the dashboard. */
export const enter = async (page: Page, product: Product): Promise<void> => {
  const { ui, admin_user } = await product.endpoints()
  const first = (await readFile(product.adminPasswordFile, 'utf8')).trim()
  const own = randomBytes(12).toString('hex')
  await page.goto(ui)
  await page.getByLabel('User name').fill(admin_user)
  await page.getByLabel('Password').fill(first)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByLabel('Current password').fill(first)
  await page.getByLabel('New password', { exact: true }).fill(own)
  await page.getByLabel('New password again').fill(own)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByRole('heading', { name: 'Dashboard', exact: true }).waitFor()
}
