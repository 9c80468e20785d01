import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openTestDatabase } from '../drizzle/testing/database.js'
import { temporalAddressOf } from './testing/environment.js'
import { openTestApi } from './testing/test-api.js'

test('the page is open to all, under every path of its own, with a strict policy', async () => {
  const webDir = await mkdtemp(path.join(tmpdir(), 'sendense-web-'))
  await mkdir(path.join(webDir, 'assets'))
  await writeFile(path.join(webDir, 'index.html'), '<!doctype html><title>Sendense</title>')
  await writeFile(path.join(webDir, 'assets', 'app-1.js'), 'let a')
  await using database = await openTestDatabase()
  await using api = await openTestApi({
    database: database.database,
    temporalAddress: temporalAddressOf(process.env),
    webDir,
  })
  const get = (at: string, accept = 'text/html'): Promise<Response> =>
    fetch(`${api.url}${at}`, { headers: { accept } })
  for (const at of ['/', '/backups/backup-1', '/login?next=%2F']) {
    const page = await get(at)
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>Sendense')])
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self';/)
  }
  const asset = await get('/assets/app-1.js', '*/*')
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([
    200,
    'public, max-age=31536000, immutable',
  ])
  for (const at of ['/assets/gone.js', '/api/v1/nothing', '/api'])
    expect([at, (await get(at)).status]).toEqual([at, 404])
  expect((await get('/logo.png', 'image/*')).status).toBe(404)
  expect((await get('/..%2f..%2fetc/passwd', '*/*')).status).toBeGreaterThanOrEqual(400)
  await rm(webDir, { recursive: true })
}, 60_000)
