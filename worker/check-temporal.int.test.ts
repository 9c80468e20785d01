import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { searchAttributes } from '../workflows/messages.js'
import { checkTemporal } from './check-temporal.js'

jest.setTimeout(60_000)

let connection: Connection
beforeAll(async () => {
  const { TEMPORAL_ADDRESS: address } = process.env
  if (!address) throw new Error('This test needs Temporal: set TEMPORAL_ADDRESS; `npm test` does')
  connection = await Connection.connect({ address })
})
afterAll(() => connection.close())

const said = (namespace: string): Promise<string> =>
  checkTemporal(new Client({ connection, namespace })).then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )

test('a namespace that is set up is served', async () => {
  expect(await said(process.env['TEMPORAL_NAMESPACE'] ?? 'default')).toBe('nothing')
})

test('a namespace that is not there, or not set up, is refused with the commands that make it', async () => {
  const namespace = `bare-${randomBytes(4).toString('hex')}`
  const absent = await said(namespace)
  expect(absent).toContain(`temporal operator namespace create --namespace ${namespace}`)
  expect(absent).toMatch(/search-attribute create .*--name OpKind --type Keyword/)
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  // The server knows its new namespaces after a moment.
  let bare = absent
  for (let tries = 0; tries < 100 && !bare.includes('lacks'); tries++) {
    await sleep(200)
    bare = await said(namespace)
  }
  expect(bare).toMatch(/lacks search attributes/)
  expect(bare.match(/search-attribute create/g)).toHaveLength(Object.keys(searchAttributes).length)
})
