import { onlyReads, withoutSession } from './temporal-proxy.js'

const base = '/api/v1/namespaces/default/workflows'
test.each([
  { method: 'GET', path: '/', reads: true },
  { method: 'GET', path: base, reads: true },
  { method: 'POST', path: `${base}/backup%3Actx-1/runs/r-1/query/__stack_trace`, reads: true },
  { method: 'POST', path: `${base}/backup%3Actx-1/query/__stack_trace`, reads: true },
  { method: 'POST', path: `${base}/query/terminate`, reads: false },
  { method: 'POST', path: `${base}/w/terminate`, reads: false },
  { method: 'POST', path: `${base}/w/runs/r/cancel`, reads: false },
  { method: 'POST', path: `${base}/w/signal/query/x`, reads: false },
  { method: 'POST', path: `${base}/w/query/../terminate`, reads: false },
  { method: 'DELETE', path: base, reads: false },
  { method: 'PUT', path: `${base}/w/query/x`, reads: false },
])('$method $path reads: $reads', ({ method, path, reads }) => expect(onlyReads(method, path)).toBe(reads))

test('our session cookie is taken out of what the UI gets, its own stay', () => {
  expect(withoutSession('_csrf=a; sendense_session=sds_x; b=c')).toBe('_csrf=a; b=c')
  expect(withoutSession('sendense_session=sds_x')).toBe('')
})
