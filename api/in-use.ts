import { nameList } from '../domain/rules/name-list.js'
import { ApiProblem } from './problem.js'

/** 409 for a delete that flows stand against. */
export const inUse = (what: string, name: string, flows: readonly string[]): ApiProblem =>
  new ApiProblem(
    409,
    'conflict',
    `${what} ${name} is used by ${flows.length === 1 ? 'the flow' : `${flows.length} flows:`} ${nameList(flows)}`,
    {
      facts: { flows: flows.length },
      remedy: `Give ${flows.length === 1 ? 'that flow' : 'those flows'} something else, or delete ${flows.length === 1 ? 'it' : 'them'}, first.`,
    },
  )
