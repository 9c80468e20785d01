import { csrfRefusal } from './csrf.js'
import type { Provenance } from './csrf.js'

const page: Provenance = {
  method: 'POST',
  via: 'cookie',
  host: 'backup.example:8082',
  origin: 'http://backup.example:8082',
  secFetchSite: 'same-origin',
  csrfHeader: '1',
  needsHeader: true,
}

test.each<{ name: string; change: Partial<Provenance> }>([
  { name: 'our own page', change: {} },
  {
    name: 'a tool with cookie and header but no browser',
    change: { origin: undefined, secFetchSite: undefined },
  },
  {
    name: 'reading from another site',
    change: { method: 'GET', secFetchSite: 'cross-site', origin: 'http://evil.example' },
  },
  {
    name: 'a bearer token',
    change: { via: 'bearer', csrfHeader: undefined, origin: 'http://other.example' },
  },
  { name: 'the Temporal UI without the header', change: { needsHeader: false, csrfHeader: undefined } },
  { name: 'a login without the header', change: { via: 'none', csrfHeader: undefined } },
])('$name is let through', ({ change }) => {
  expect(csrfRefusal({ ...page, ...change })).toBeNull()
})

test.each<{ name: string; change: Partial<Provenance> }>([
  {
    name: 'a form of another site',
    change: { secFetchSite: 'cross-site', origin: 'http://evil.example', csrfHeader: undefined },
  },
  { name: 'another site with the header', change: { secFetchSite: 'cross-site' } },
  { name: 'a neighbour host of the same site', change: { secFetchSite: 'same-site' } },
  { name: 'another origin, old browser', change: { secFetchSite: undefined, origin: 'http://evil.example' } },
  {
    name: 'another port of the same host',
    change: { secFetchSite: undefined, origin: 'http://backup.example:3000' },
  },
  { name: 'a sandboxed frame', change: { secFetchSite: undefined, origin: 'null' } },
  { name: 'the cookie without the header', change: { csrfHeader: undefined } },
  { name: 'the header with another value', change: { csrfHeader: '0' } },
  { name: 'a login from another site', change: { via: 'none', secFetchSite: 'cross-site' } },
  {
    name: 'the Temporal UI called from another site',
    change: { needsHeader: false, secFetchSite: 'cross-site' },
  },
  { name: 'a delete without the header', change: { method: 'DELETE', csrfHeader: undefined } },
])('$name is refused', ({ change }) => {
  expect(csrfRefusal({ ...page, ...change })).toEqual(expect.any(String))
})
