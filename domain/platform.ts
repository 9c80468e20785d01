import { z } from 'zod'

export const platformKinds = ['vmware', 'ossea', 'libvirt', 'memory'] as const
export const PlatformKind = z.enum(platformKinds)
export type PlatformKind = z.infer<typeof PlatformKind>

/** How the platform's certificate is judged. `insecure` must be asked for by name and is shown everywhere. */
export const TlsTrust = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('verify') }),
  z.object({ mode: z.literal('ca'), ca_pem: z.string().min(1).max(65_536) }),
  z.object({
    mode: z.literal('thumbprint'),
    thumbprint: z.string().regex(/^([0-9A-F]{2}:){19}([0-9A-F]{2})$|^([0-9A-F]{2}:){31}([0-9A-F]{2})$/i),
  }),
  z.object({ mode: z.literal('insecure') }),
])
export type TlsTrust = z.infer<typeof TlsTrust>

/** How snapshot data is read. What is used is shown with each job. */
export const transports = ['vddk', 'memory'] as const
export const Transport = z.enum(transports)
export type Transport = z.infer<typeof Transport>

/** A place VMs live. The password is not here: it stands sealed under `credential_id`. */
export const Platform = z.object({
  id: z.string(),
  name: z.string(),
  kind: PlatformKind,
  host: z.string(),
  username: z.string(),
  credential_id: z.string(),
  datacenter: z.string().nullable(),
  tls: TlsTrust,
  transport: Transport,
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type Platform = z.infer<typeof Platform>

/** One line of a platform's self-check, worded for an operator. */
export const PlatformCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  remedy: z.string().nullable(),
})
export type PlatformCheck = z.infer<typeof PlatformCheck>
