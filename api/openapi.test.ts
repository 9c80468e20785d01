import { openApiDocument } from './openapi.js'
import { operations } from './contract/operations.js'
import { routes } from './routes/all.js'

interface Document {
  openapi: string
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; responses: Record<string, unknown>; parameters?: { name: string; in: string }[] }
    >
  >
  components: { schemas: Record<string, unknown> }
}
const document = openApiDocument() as Document

test('the document lists every operation once, with its answers and the problem', () => {
  const listed = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(listed.map((entry) => entry.operationId).sort()).toEqual(
    operations.map((entry) => entry.name).sort(),
  )
  for (const entry of operations) {
    const responses = Object.keys(document.paths[entry.path]?.[entry.method.toLowerCase()]?.responses ?? {})
    expect(responses.sort()).toEqual([...Object.keys(entry.responses), 'default'].sort())
  }
})

test('every reference of the document leads somewhere', () => {
  const text = JSON.stringify(document)
  const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  )
  expect(names.length).toBeGreaterThan(0)
  for (const name of new Set(names)) expect(Object.keys(document.components.schemas)).toContain(name)
})

test("VMs and runs tell how their platform's certificate is judged", () => {
  const properties = JSON.stringify(document).match(/"platform_tls_mode":\{[^}]*\}/g) ?? []
  expect(properties.length).toBeGreaterThan(1)
  expect(document.components.schemas['BackupJob']).toMatchObject({
    properties: { platform_tls_mode: { enum: ['verify', 'ca', 'thumbprint', 'insecure'] } },
  })
})

test('a start takes an Idempotency-Key', () => {
  const start = document.paths['/backups']?.['post']
  expect(start?.parameters).toContainEqual(expect.objectContaining({ name: 'idempotency-key', in: 'header' }))
})

test('every operation of the contract is answered, in the same order', () => {
  expect(routes.map((route) => route.operation.name)).toEqual(operations.map((entry) => entry.name))
})
