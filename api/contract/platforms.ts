import { z } from 'zod'
import { Platform, PlatformCheck, platformKinds, TlsTrust, Transport } from '../../domain/platform.js'
import { IdParams, Name, operation } from './operation.js'

const tlsModes = ['verify', 'ca', 'thumbprint', 'insecure'] as const satisfies readonly TlsTrust['mode'][]
/** How a platform's certificate is judged, for what is shown of its VMs and runs: `insecure` is shown everywhere. */
export const PlatformTlsMode = z.enum(tlsModes)
export type PlatformTlsMode = z.infer<typeof PlatformTlsMode>

/** A platform as the API shows it: never its password, nor where that is kept. */
export const PlatformView = Platform.omit({ credential_id: true })
export type PlatformView = z.infer<typeof PlatformView>

/** A host name or address, with a port where it is not 443: no scheme, no path, no user. */
export const Host = z
  .string()
  .trim()
  .regex(
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/,
    'must be a host name or address, with :port where it is not 443',
  )
export const Username = z.string().min(1).max(255)
export const Secret = z.string().min(1).max(1024)

/** Kinds that the seeds know; those that are not built yet are refused with 422 `not-available`. */
const RequestedKind = z.enum([...platformKinds, 'hyperv'])

const changeable = {
  name: Name,
  host: Host,
  username: Username,
  datacenter: Name.nullish(),
}

export const PlatformRequest = z.strictObject({
  ...changeable,
  kind: RequestedKind,
  password: Secret,
  tls: TlsTrust.default({ mode: 'verify' }),
  /** Default: `vddk` for vmware, `memory` for memory. */
  transport: Transport.optional(),
})
export type PlatformRequest = z.input<typeof PlatformRequest>

export const PlatformReplacement = z.strictObject({
  ...changeable,
  /** The password stays as it is when left out; host, username and tls do not change without it. */
  password: Secret.optional(),
  tls: TlsTrust,
  transport: Transport.optional(),
})
export type PlatformReplacement = z.input<typeof PlatformReplacement>

export const PlatformPatch = PlatformReplacement.partial().refine(
  (patch) => Object.keys(patch).length > 0,
  'must change something',
)
export type PlatformPatch = z.input<typeof PlatformPatch>

export const PlatformList = z.object({ platforms: z.array(PlatformView), total: z.int() })
export type PlatformList = z.infer<typeof PlatformList>

export const PlatformTest = z.object({ ok: z.boolean(), checks: z.array(PlatformCheck) })
export type PlatformTest = z.infer<typeof PlatformTest>

export const listPlatforms = operation({
  name: 'listPlatforms',
  method: 'GET',
  path: '/platforms',
  summary: 'All platforms',
  tag: 'platforms',
  role: 'viewer',
  responses: { 200: PlatformList },
})

export const createPlatform = operation({
  name: 'createPlatform',
  method: 'POST',
  path: '/platforms',
  summary: 'Registers a platform; its password is sealed and never returned',
  tag: 'platforms',
  role: 'admin',
  body: PlatformRequest,
  responses: { 201: PlatformView },
})

export const getPlatform = operation({
  name: 'getPlatform',
  method: 'GET',
  path: '/platforms/{id}',
  summary: 'One platform',
  tag: 'platforms',
  role: 'viewer',
  params: IdParams,
  responses: { 200: PlatformView },
})

export const replacePlatform = operation({
  name: 'replacePlatform',
  method: 'PUT',
  path: '/platforms/{id}',
  summary: 'Sets all values of a platform; another host, username or tls needs the password',
  tag: 'platforms',
  role: 'admin',
  params: IdParams,
  body: PlatformReplacement,
  responses: { 200: PlatformView },
})

export const updatePlatform = operation({
  name: 'updatePlatform',
  method: 'PATCH',
  path: '/platforms/{id}',
  summary: 'Changes the values that are given; host, username and tls only with the password',
  tag: 'platforms',
  role: 'admin',
  params: IdParams,
  body: PlatformPatch,
  responses: { 200: PlatformView },
})

export const deletePlatform = operation({
  name: 'deletePlatform',
  method: 'DELETE',
  path: '/platforms/{id}',
  summary: 'Forgets a platform and its password; refused while VMs of it are known',
  tag: 'platforms',
  role: 'admin',
  params: IdParams,
  responses: { 204: null },
})

export const testPlatform = operation({
  name: 'testPlatform',
  method: 'POST',
  path: '/platforms/{id}/test',
  summary: 'Checks certificate, login and rights; each line says what to do',
  tag: 'platforms',
  role: 'operator',
  params: IdParams,
  responses: { 200: PlatformTest },
})
