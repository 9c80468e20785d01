import type { RescanInput, RescanResult } from '../domain/operations.js'
import { mover } from './steps.js'

/** Reads every manifest of a repository and restores the rows that are missing. */
export async function rescanRepository(input: RescanInput): Promise<RescanResult> {
  return await mover(input.repositoryId, 60).rescanRepository.executeWithOptions(
    { summary: 'read all manifests' },
    [input],
  )
}
