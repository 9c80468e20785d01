import type { OpenContentInput, OpenContentResult } from '../domain/operations.js'
import { repositoryQuestion } from './steps.js'

/** Opens one disk of a point for reading; the worker closes it when nobody reads any more. */
export async function openContent(input: OpenContentInput): Promise<OpenContentResult> {
  const steps = repositoryQuestion(input.repositoryId)
  return await steps.openContent.executeWithOptions(
    { summary: `open ${input.diskId} of ${input.backupId}` },
    [input],
  )
}
