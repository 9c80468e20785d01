import type { CopyRule } from '../../../domain/policy.js'
import { isDuplicate } from '../../../drizzle/errors.js'
import type { Db } from '../../../drizzle/open.js'
import { repositoryNames } from '../../../drizzle/queries/policies.js'
import { ApiProblem, unprocessable } from '../../problem.js'

/** Throws 422 for a copy to a repository that is not there. */
export async function refuseUnknownCopies(db: Db, rules: readonly CopyRule[]): Promise<void> {
  const known = await repositoryNames(
    db,
    rules.map((rule) => rule.repository_id),
  )
  const index = rules.findIndex((rule) => !known.has(rule.repository_id))
  if (index >= 0)
    throw unprocessable(
      `copy_rules.${index}.repository_id`,
      `names repository ${rules[index]?.repository_id ?? ''}, which does not exist`,
      'Choose a repository of the list, or add it first.',
    )
}

/** Runs a write; a name that is taken becomes 409 with the name. */
export async function namedOnce<Result>(name: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (!isDuplicate(error)) throw error
    throw new ApiProblem(409, 'conflict', `There is a policy with the name ${name} already`, {
      errors: [{ path: 'body.name', message: 'is taken' }],
      remedy: 'Choose another name.',
    })
  }
}
