import type { TestPlatformInput, TestPlatformResult } from '../domain/operations.js'
import { defaultSite } from '../domain/rules/names.js'
import { captureQuestion } from './steps.js'

/** Checks a registered platform: certificate, login, rights. What fails is a line of the answer, not a failure. */
export async function testPlatform(input: TestPlatformInput): Promise<TestPlatformResult> {
  return await captureQuestion(defaultSite).testPlatform.executeWithOptions(
    { summary: 'check the platform' },
    [input],
  )
}
