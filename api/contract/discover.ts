import { z } from 'zod'
import { TlsTrust } from '../../domain/platform.js'
import { DiscoveredVm } from '../../domain/vm.js'
import { Id, Name, operation } from './operation.js'
import { Host, Secret, Username } from './platforms.js'

/** A registered platform (`platform_id`), or an address that is asked once (`vcenter`, `username`, `password`). */
export const DiscoverRequest = z
  .strictObject({
    platform_id: Id.optional(),
    vcenter: Host.optional(),
    username: Username.optional(),
    password: Secret.optional(),
    datacenter: Name.optional(),
    /** Only with `vcenter`; default `{mode: "verify"}`. */
    tls: TlsTrust.optional(),
    /** Exact VM name. */
    filter: Name.optional(),
  })
  .superRefine((request, context) => {
    const adHoc = ['vcenter', 'username', 'password'] as const
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (request.platform_id !== undefined) {
      for (const field of [...adHoc, 'tls'] as const)
        if (request[field] !== undefined) wrong(field, 'must not be given together with platform_id')
    } else if (adHoc.every((field) => request[field] === undefined)) {
      wrong('platform_id', 'must be given, or vcenter, username and password')
    } else {
      for (const field of adHoc)
        if (request[field] === undefined) wrong(field, 'must be given when platform_id is not')
    }
  })
export type DiscoverRequest = z.input<typeof DiscoverRequest>

export const DiscoverAnswer = z.object({ request_id: z.string(), vms: z.array(DiscoveredVm), total: z.int() })
export type DiscoverAnswer = z.infer<typeof DiscoverAnswer>

/** Discovery goes on; ask `discover/{request_id}` for its result. */
export const DiscoverRunning = z.object({ request_id: z.string(), status: z.literal('running') })
export type DiscoverRunning = z.infer<typeof DiscoverRunning>

export const discover = operation({
  name: 'discover',
  method: 'POST',
  path: '/discover',
  summary: 'Asks a platform for its VMs; 202 when it takes longer than 60 seconds',
  tag: 'discover',
  role: 'operator',
  body: DiscoverRequest,
  responses: { 200: DiscoverAnswer, 202: DiscoverRunning },
})

export const getDiscovery = operation({
  name: 'getDiscovery',
  method: 'GET',
  path: '/discover/{request_id}',
  summary: 'The result of a discovery, or that it still runs',
  tag: 'discover',
  role: 'operator',
  params: z.object({ request_id: Id }),
  responses: { 200: DiscoverAnswer, 202: DiscoverRunning },
})
