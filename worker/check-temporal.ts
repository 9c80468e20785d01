import type { Client } from '@temporalio/client'
import { searchAttributes } from '../workflows/messages.js'

/** gRPC: the namespace is not there; a cloud, or a right we lack, does not let us look. */
const notFound = 5
const cannotLook = new Set([7, 12, 16])

/**
 * Proves that the namespace and its search attributes are there: without them every start of a workflow is refused.
 * Throws the commands that make them.
 */
export async function checkTemporal(client: Client): Promise<void> {
  const { namespace } = client.options
  const { workflowService, operatorService } = client.connection
  await workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    if (codeOf(error) !== notFound) throw error
    throw new Error(
      [
        `The Temporal server has no namespace ${namespace}. Make it, with its search attributes:`,
        `temporal operator namespace create --namespace ${namespace} --retention 30d`,
        ...commands(namespace, names),
      ].join('\n  '),
    )
  })
  const known = await operatorService.listSearchAttributes({ namespace }).catch((error: unknown) => {
    if (cannotLook.has(codeOf(error) ?? -1)) return undefined
    throw error
  })
  const missing = known === undefined ? [] : names.filter((name) => !(name in (known.customAttributes ?? {})))
  if (missing.length > 0)
    throw new Error(
      [
        `The Temporal namespace ${namespace} lacks search attributes. Add them:`,
        ...commands(namespace, missing),
      ].join('\n  '),
    )
}

const names = Object.values(searchAttributes).map(({ name }) => name)

const commands = (namespace: string, missing: readonly string[]): string[] =>
  missing.map(
    (name) =>
      `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type Keyword`,
  )

const codeOf = (error: unknown): number | undefined => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}
