import { isDuplicate } from '../drizzle/errors.js'
import { ApiProblem } from './problem.js'

/** A write that puts a name into a unique key: 409 that says which name, where it is taken. */
export async function unlessTaken<Result>(
  what: string,
  name: string | undefined,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (name === undefined || !isDuplicate(error)) throw error
    throw new ApiProblem(409, 'conflict', `There is a ${what} named ${name} already`, {
      errors: [{ path: 'body.name', message: 'is taken' }],
      remedy: 'Choose another name.',
    })
  }
}
