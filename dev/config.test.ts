import { readConfig } from './config.js'

test('without settings everything lives in the checkout', () => {
  const config = readConfig('/checkout', {})
  expect(config).toMatchObject({
    home: '/checkout/.sendense',
    cacheDir: '/checkout/.sendense/cache',
    apiPort: 8082,
  })
  expect(config.databaseUrl).toBeUndefined()
  expect(config.temporal).toBeUndefined()
})

test('--home wins over SENDENSE_HOME', () => {
  expect(readConfig('/checkout', { SENDENSE_HOME: '/srv/a' }, '/srv/b').home).toBe('/srv/b')
  expect(readConfig('/checkout', { SENDENSE_HOME: '/srv/a' }).home).toBe('/srv/a')
})

test('all bad variables are named at once', () => {
  const bad = {
    PORT: '70000',
    DATABASE_URL: 'postgres://db/x',
    TEMPORAL_ADDRESS: 'nowhere',
    SENDENSE_HOME: 'relative',
  }
  for (const name of Object.keys(bad)) expect(() => readConfig('/checkout', bad)).toThrow(name)
})

test('a foreign Temporal keeps its credentials', () => {
  const config = readConfig('/checkout', {
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_NAMESPACE: 'backups',
    TEMPORAL_TLS_CERT_FILE: '/tls/cert',
    TEMPORAL_TLS_KEY_FILE: '/tls/key',
  })
  expect(config.temporal).toEqual({
    address: 'temporal.example:7233',
    namespace: 'backups',
    uiUrl: undefined,
    credentials: { TEMPORAL_TLS_CERT_FILE: '/tls/cert', TEMPORAL_TLS_KEY_FILE: '/tls/key' },
  })
})

test('a certificate without its key is refused', () => {
  expect(() => readConfig('/checkout', { TEMPORAL_TLS_CERT_FILE: '/tls/cert' })).toThrow(
    'TEMPORAL_TLS_KEY_FILE',
  )
})
