import { ApiProblem } from '../../lib/api-problem.js'

/** What the product says against an expression or zone; null where it is not the question's fault. */
export const refusalOf = (error: unknown): string | null => {
  if (!(error instanceof ApiProblem) || (error.status !== 400 && error.status !== 422)) return null
  const said = error.details.map(({ message }) => message).join('; ')
  return said === '' ? error.message : said
}
