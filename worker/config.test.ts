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
  })
})

test('names every bad variable at once', () => {
  const read = (): unknown =>
    readConfig({ DATABASE_URL: 'postgres://x', SENDENSE_ROLES: 'cook', SENDENSE_HEARTBEAT_SECONDS: '1' })
  expect(read).toThrow(/DATABASE_URL[\s\S]*SENDENSE_KEY_FILE|SENDENSE_KEY_FILE[\s\S]*DATABASE_URL/)
  expect(read).toThrow(/SENDENSE_ROLES/)
  expect(read).toThrow(/SENDENSE_HEARTBEAT_SECONDS/)
})
