import { Failure } from '../../../domain/failure.js'
import type { Platform, Transport } from '../../../domain/platform.js'
import { deleteCredential, insertCredential } from '../../../drizzle/queries/credentials.js'
import { insertPlatform } from '../../../drizzle/queries/platforms.js'
import { readableId } from '../../../drizzle/queries/readable-id.js'
import { createPlatform } from '../../contract/platforms.js'
import { route } from '../../route.js'

export const createPlatformRoute = route(createPlatform, async ({ context, body }) => {
  const kind = availableKind(body.kind)
  const now = new Date().toISOString()
  const credentialId = readableId('cred', body.name)
  const platform: Platform = {
    id: readableId('plat', body.name),
    name: body.name,
    kind,
    host: body.host,
    username: body.username,
    credential_id: credentialId,
    datacenter: body.datacenter ?? null,
    tls: body.tls,
    transport: body.transport ?? usualTransport[kind],
    created_at: now,
    updated_at: now,
  }
  await insertCredential(context.db, {
    id: credentialId,
    sealed: context.seal(credentialId, body.password),
    description: `platform ${body.name}`.slice(0, 255),
  })
  try {
    await insertPlatform(context.db, platform)
  } catch (error) {
    // A taken name: the secret must not stay behind without its platform.
    await deleteCredential(context.db, credentialId)
    throw error
  }
  context.hub.publish('platforms', { id: platform.id })
  return { status: 201, body: platform, subject: platform.id }
})

type AvailableKind = 'vmware' | 'memory'
const usualTransport: Readonly<Record<AvailableKind, Transport>> = { vmware: 'vddk', memory: 'memory' }

function availableKind(kind: string): AvailableKind {
  if (kind === 'vmware' || kind === 'memory') return kind
  throw new Failure('not-available', `Platforms of the kind ${kind} are not available yet`, {
    retry: false,
    facts: { kind },
    remedy: 'Register a platform of the kind vmware.',
  })
}
