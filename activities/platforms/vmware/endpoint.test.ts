import { endpointOf } from './endpoint.js'

test.each([
  { host: 'vcenter.example.com', expected: { host: 'vcenter.example.com', port: 443, portNamed: false } },
  { host: ' 10.0.0.5:8443 ', expected: { host: '10.0.0.5', port: 8443, portNamed: true } },
  { host: '[fd00::1]:443', expected: { host: 'fd00::1', port: 443, portNamed: true } },
  { host: '[fd00::1]', expected: { host: 'fd00::1', port: 443, portNamed: false } },
])('$host is read', ({ host, expected }) => {
  expect(endpointOf(host)).toMatchObject(expected)
})

test.each([
  '',
  'https://vcenter/sdk',
  'vcenter/sdk',
  'user@vcenter',
  'vcenter:0',
  'vcenter:70000',
  'a b',
  'fd00::1',
])('%j is no host', (host) => {
  expect(() => endpointOf(host)).toThrow(expect.objectContaining({ code: 'bad-request', retry: false }))
})
