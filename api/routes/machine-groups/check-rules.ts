import { nameList } from '../../../domain/rules/name-list.js'
import type { GroupRules } from '../../../domain/vm-group.js'
import type { Db } from '../../../drizzle/open.js'
import { unknownContexts } from '../../../drizzle/queries/group-members.js'
import { platformById } from '../../../drizzle/queries/platforms.js'
import { unprocessable } from '../../problem.js'

/** Throws 422 for ids in rules that name nothing. Those that stand there already may: what they named is gone since. */
export async function checkRules(
  db: Db,
  rules: GroupRules | null | undefined,
  before: GroupRules | null,
): Promise<void> {
  if (rules === null || rules === undefined) return
  const { platform_id: platformId, exclude_vm_ids: excluded } = rules
  if (platformId !== null && platformId !== before?.platform_id) {
    if ((await platformById(db, platformId)) === undefined)
      throw unprocessable('rules.platform_id', `names no platform: ${platformId}`)
  }
  const added = excluded.filter((id) => before?.exclude_vm_ids.includes(id) !== true)
  const unknown = await unknownContexts(db, added)
  if (unknown.length > 0) throw unprocessable('rules.exclude_vm_ids', `name no VM: ${nameList(unknown)}`)
}
