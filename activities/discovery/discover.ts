import { Failure } from '../../domain/failure.js'
import type { Platform } from '../../domain/platform.js'
import type { AdHocPlatform } from '../../domain/operations.js'
import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import type { Db } from '../../drizzle/open.js'
import type { PlatformConnections } from '../connections.js'
import type { OpenPlatform, PlatformConnection } from '../platforms/platform.js'
import type { CaptureSteps } from '../steps.js'

export interface DiscoveryDependencies {
  readonly db: Db
  readonly connections: PlatformConnections
  readonly open: OpenPlatform
  readonly secretOf: (credentialId: string) => Promise<string>
}

/** Safe to run twice: the rows of this request are replaced. */
export const discover =
  (dependencies: DiscoveryDependencies): CaptureSteps['discover'] =>
  async (input) => {
    const filter = {
      ...(input.filter && { name: input.filter }),
      ...(input.datacenter && { datacenter: input.datacenter }),
    }
    const ask = async (connection: PlatformConnection) => {
      const vms = await connection.inventory.listVms(filter)
      await saveDiscovery(dependencies.db, input.requestId, input.platformId, vms)
      return { requestId: input.requestId, found: vms.length }
    }
    if (input.adHoc) {
      await using once = await dependencies.open(
        unregistered(input.adHoc),
        await dependencies.secretOf(input.adHoc.credentialId),
        {},
      )
      return await ask(once)
    }
    return await ask(await registered(dependencies, input.platformId ?? ''))
  }

export const testPlatform =
  (dependencies: DiscoveryDependencies): CaptureSteps['testPlatform'] =>
  async ({ platformId }) => {
    const platform = await platformById(dependencies.db, platformId)
    if (platform === undefined)
      throw new Failure('not-found', `There is no platform ${platformId}`, { retry: false })
    const connection = await dependencies.connections.to(platform)
    const checks = await connection.inventory.check()
    return { ok: checks.every((check) => check.ok), checks }
  }

async function registered(
  { db, connections }: DiscoveryDependencies,
  platformId: string,
): Promise<PlatformConnection> {
  const platform = await platformById(db, platformId)
  if (platform === undefined)
    throw new Failure('not-found', `There is no platform ${platformId}`, { retry: false })
  return await connections.to(platform)
}

function unregistered(asked: AdHocPlatform): Platform {
  const epoch = new Date(0).toISOString()
  return {
    id: '',
    name: asked.host,
    kind: 'vmware',
    host: asked.host,
    username: asked.username,
    credential_id: asked.credentialId,
    datacenter: null,
    tls: asked.tls,
    transport: 'vddk',
    created_at: epoch,
    updated_at: epoch,
  }
}
