import type { InspectRepositoryInput, InspectRepositoryResult } from '../domain/operations.js'
import { repositoryQuestion } from './steps.js'

const summaries = {
  prepare: 'make the directory and its marker',
  check: 'check marker and room',
  storage: 'measure',
}

/** Asks the host that holds a repository, while somebody waits for the answer. */
export async function inspectRepository(input: InspectRepositoryInput): Promise<InspectRepositoryResult> {
  const steps = repositoryQuestion(input.repositoryId)
  return await steps.inspectRepository.executeWithOptions({ summary: summaries[input.action] }, [input])
}
