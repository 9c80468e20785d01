import type { Page } from 'playwright-core'
import type { TransferLimits } from '../../domain/transfer-limits.js'
import { addLab, startProduct } from '../../dev/testing/product.js'
import { enter, openBrowser, photographer } from './browser.js'

const minutes = 60_000
const none = { bytes_per_second: null, calendar: null }
const berlin = 'Europe/Berlin'

const partsOf = (page: Page) => {
  const main = page.getByRole('main')
  const platform = main.getByRole('group', { name: /^Practice vCenter/ })
  return {
    main,
    process: main.getByRole('group', { name: 'Each mover process' }),
    platform,
    hours: platform.getByRole('list', { name: 'Hours' }).getByRole('listitem'),
    save: main.getByRole('button', { name: 'Save limits' }),
    saved: main.getByText('Saved. Running copies follow within seconds.'),
  }
}

test(
  'limits are set through the page, by the week too, and stand in the API in bytes a second',
  async () => {
    await using product = await startProduct()
    const platform_id = await addLab(product)
    const stored = () => product.call<TransferLimits>('GET', '/transfer-limits')
    const photograph = await photographer(process.env['SCREENSHOTS'])
    await using browser = await openBrowser({ ...process.env, TMPDIR: product.home })
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
    const pageErrors: string[] = []
    page.on('pageerror', (error) => pageErrors.push(error.message))
    await enter(page, product)
    await page.getByRole('navigation').getByRole('link', { name: 'Transfer limits' }).click()
    const { main, process: each, platform, hours, save, saved } = partsOf(page)
    await main.getByRole('heading', { name: 'Transfer limits', level: 1 }).waitFor()
    expect(await each.getByLabel('Rate (MiB/s)').inputValue()).toBe('')
    await photograph(page, 'limits-none')

    // Neither what is wrong nor what is unchanged can be saved.
    expect(await save.isDisabled()).toBe(true)
    await each.getByLabel('Rate (MiB/s)').fill('fast')
    await each.getByText('Must be a number of MiB/s from 0.0625 to 1,048,576.').waitFor()
    expect(await save.isDisabled()).toBe(true)
    await photograph(page, 'limits-wrong')
    await each.getByLabel('Rate (MiB/s)').fill('')
    expect(await save.isDisabled()).toBe(true)

    await each.getByLabel('Rate (MiB/s)').fill('200')
    await platform.getByLabel('Rate (MiB/s)').fill('100')
    await platform.getByLabel('Connections at a time').fill('8')
    await platform.getByRole('button', { name: 'Add hours' }).click()
    await platform.getByLabel('Time zone of the hours').selectOption(berlin)
    await hours.first().getByLabel('Fri').uncheck()
    await hours.first().getByLabel('From').fill('22:00')
    await hours.first().getByLabel('To').fill('06:00')
    await hours.first().getByText('on the next day').waitFor()
    await hours.first().getByLabel('Rate (MiB/s)').fill('20.5')
    await platform.getByRole('button', { name: 'Add hours' }).click()
    await hours.nth(1).getByLabel('Speed').selectOption('stopped')
    await photograph(page, 'limits-filled')
    await save.click()
    await saved.waitFor()
    expect(await save.isDisabled()).toBe(true)
    const nights = {
      days: ['mon', 'tue', 'wed', 'thu'],
      from: '22:00',
      to: '06:00',
      bytes_per_second: 21_495_808,
    }
    const days = {
      days: ['mon', 'tue', 'wed', 'thu', 'fri'],
      from: '08:00',
      to: '18:00',
      bytes_per_second: 'stopped',
    }
    const written = {
      process: { ...none, bytes_per_second: 209_715_200 },
      copy: none,
      platforms: [
        {
          platform_id,
          bytes_per_second: 104_857_600,
          max_connections: 8,
          calendar: { timezone: berlin, entries: [nights, days] },
        },
      ],
    }
    expect(await stored()).toEqual(written)

    // They are there again, hours go, and what the API refuses stands at its field.
    await page.reload()
    await hours.nth(1).waitFor()
    expect(await hours.first().getByLabel('Rate (MiB/s)').inputValue()).toBe('20.5')
    await hours.first().getByRole('button', { name: 'Remove hours' }).click()
    await page.route('**/transfer-limits', (route) =>
      route.continue({ postData: (route.request().postData() ?? '').replace(berlin, 'Mars/Olympus') }),
    )
    await save.click()
    await main.getByRole('alert').waitFor()
    expect(await platform.getByLabel('Time zone of the hours').getAttribute('aria-invalid')).toBe('true')
    await photograph(page, 'limits-refused')
    expect(await stored()).toEqual(written)
    await page.unroute('**/transfer-limits')

    // Somebody else saves: what is being changed here stays, and the page says so.
    const others = { process: none, copy: { ...none, bytes_per_second: 1_048_576 }, platforms: [] }
    await product.call('PUT', '/transfer-limits', others)
    await product.call('PATCH', `/platforms/${platform_id}`, { name: 'Practice vCenter 2' })
    await main.getByRole('group', { name: 'Practice vCenter 2' }).waitFor()
    await main.getByText(/^Somebody saved other limits/).waitFor()
    expect(await hours.count()).toBe(1)
    await photograph(page, 'limits-overtaken')
    await main.getByRole('button', { name: 'Discard changes' }).click()
    await hours.first().waitFor({ state: 'detached' })
    const copy = main.getByRole('group', { name: 'Each copy' }).getByLabel('Rate (MiB/s)')
    expect(await copy.inputValue()).toBe('1')
    await copy.fill('')
    await save.click()
    await saved.waitFor()
    expect(await stored()).toEqual({ process: none, copy: none, platforms: [] })
    expect(pageErrors).toEqual([])
  },
  10 * minutes,
)
