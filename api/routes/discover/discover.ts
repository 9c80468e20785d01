import type { z } from 'zod'
import type { AdHocPlatform } from '../../../domain/operations.js'
import { onceCredentialKind } from '../../../domain/rules/names.js'
import { deleteCredential, insertCredential } from '../../../drizzle/queries/credentials.js'
import type { ApiContext } from '../../context.js'
import { discover } from '../../contract/discover.js'
import type { DiscoverRequest } from '../../contract/discover.js'
import { newDiscoveryId, runDiscovery } from '../../discovery.js'
import { randomId } from '../../ids.js'
import { route } from '../../route.js'
import { findPlatform } from '../platforms/find-platform.js'

export const discoverRoute = route(discover, async ({ context, body }) => {
  const requestId = newDiscoveryId()
  const platform = body.platform_id === undefined ? null : await findPlatform(context.db, body.platform_id)
  const adHoc = platform === null ? await sealAdHoc(context, body) : null
  const input = {
    requestId,
    platformId: platform?.id ?? null,
    adHoc,
    filter: body.filter ?? null,
    datacenter: body.datacenter ?? platform?.datacenter ?? null,
  }
  const where = platform?.name ?? adHoc?.host ?? 'a platform'
  const found = await runDiscovery(context, input, where).catch(async (error: unknown) => {
    // The workflow forgets it too; a workflow that never started cannot.
    if (adHoc !== null) await deleteCredential(context.db, adHoc.credentialId)
    throw error
  })
  if (!found.done)
    return { status: 202, body: { request_id: requestId, status: 'running' }, subject: requestId }
  const vms = [...found.result]
  return { status: 200, body: { request_id: requestId, vms, total: vms.length }, subject: requestId }
})

/** The password of a single question is sealed like any other and forgotten when the question is answered. */
async function sealAdHoc(
  context: ApiContext,
  body: z.output<typeof DiscoverRequest>,
): Promise<AdHocPlatform> {
  const { vcenter: host = '', username = '', password = '', tls = { mode: 'verify' as const } } = body
  const credentialId = randomId(onceCredentialKind)
  await insertCredential(context.db, {
    id: credentialId,
    sealed: context.seal(credentialId, password),
    description: `one discovery of ${host}`.slice(0, 255),
  })
  return { host, username, credentialId, tls }
}
