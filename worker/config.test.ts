import { readConfig } from './config.js'

const good = {
  DATABASE_URL: 'mysql://u:p@127.0.0.1:3306/sendense',
  SENDENSE_KEY_FILE: '/k',
  SENDENSE_RUN_DIR: '/r',
}

test('reads roles and defaults', () => {
  expect(readConfig({ ...good, SENDENSE_ROLES: 'control, capture' })).toMatchObject({
    SENDENSE_ROLES: ['control', 'capture'],
    SENDENSE_HEARTBEAT_SECONDS: 30,
    TEMPORAL_NAMESPACE: 'default',
    SENDENSE_LIMIT_VCENTER: 8,
    SENDENSE_LIMIT_REPOSITORY: 4,
  })
})

test('names every bad variable at once', () => {
  const read = (): unknown =>
    readConfig({ DATABASE_URL: 'postgres://x', SENDENSE_ROLES: 'cook', SENDENSE_HEARTBEAT_SECONDS: '1' })
  expect(read).toThrow(/DATABASE_URL[\s\S]*SENDENSE_KEY_FILE|SENDENSE_KEY_FILE[\s\S]*DATABASE_URL/)
  expect(read).toThrow(/SENDENSE_ROLES/)
  expect(read).toThrow(/SENDENSE_HEARTBEAT_SECONDS/)
})

test('limits that admit nobody, or no whole number, are named at once with the others', () => {
  const limits = { SENDENSE_LIMIT_VCENTER: '0', SENDENSE_LIMIT_HOST: '1.5', SENDENSE_LIMIT_DATASTORE: 'many' }
  const read = (): unknown => readConfig({ ...good, ...limits, SENDENSE_LIMIT_REPOSITORY: '-1' })
  for (const name of ['VCENTER', 'HOST', 'DATASTORE', 'REPOSITORY'])
    expect(read).toThrow(new RegExp(`SENDENSE_LIMIT_${name}`))
  expect(readConfig({ ...good, SENDENSE_LIMIT_HOST: '2' })).toMatchObject({ SENDENSE_LIMIT_HOST: 2 })
})

test('a webhook is http or https, without a password in it; none is wanted by default', () => {
  const read = (env: object) => readConfig({ ...good, ...env })
  expect(read({ SENDENSE_WEBHOOK_URL: '' }).SENDENSE_WEBHOOK_URL).toBeUndefined()
  expect(
    read({ SENDENSE_WEBHOOK_URL: 'http://hooks.example/x', SENDENSE_WEBHOOK_ON: 'error, missed' }),
  ).toMatchObject({
    SENDENSE_WEBHOOK_URL: 'http://hooks.example/x',
    SENDENSE_WEBHOOK_ON: ['error', 'missed'],
  })
  for (const url of ['ftp://hooks.example', 'hooks.example', 'https://u:p@hooks.example/'])
    expect(() => read({ SENDENSE_WEBHOOK_URL: url })).toThrow(/SENDENSE_WEBHOOK_URL/)
  expect(() => read({ SENDENSE_WEBHOOK_ON: 'error,lunch' })).toThrow(/SENDENSE_WEBHOOK_ON/)
})
