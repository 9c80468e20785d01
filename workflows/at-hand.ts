import { isCancellation } from '@temporalio/workflow'
import type { ControlSteps } from '../activities/steps.js'
import { control, decisions } from './steps.js'

type Input<Name extends keyof ControlSteps> = Parameters<ControlSteps[Name]>[0]
type Result<Name extends keyof ControlSteps> = Awaited<ReturnType<ControlSteps[Name]>>
type Ask = (options: { readonly summary: string }, inputs: readonly unknown[]) => Promise<unknown>

/**
 * A short database step, tried once by the worker that has the workflow's task in hand: so it costs the server next to
 * nothing, however many flows are due at once. Where that fails, as with a database that is away, it becomes a step that
 * is tried again for as long as it takes.
 */
export async function atHand<Name extends keyof ControlSteps>(
  name: Name,
  summary: string,
  input: Input<Name>,
  patiently: object = control,
): Promise<Result<Name>> {
  const ask = (steps: object) =>
    (steps as Record<Name, { executeWithOptions: Ask }>)[name].executeWithOptions({ summary }, [
      input,
    ]) as Promise<Result<Name>>
  try {
    return await ask(decisions)
  } catch (error) {
    if (isCancellation(error) || isFinal(error)) throw error
    return await ask(patiently)
  }
}

/** Trying it again would give the same answer. */
function isFinal(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause)
    if ((link as { nonRetryable?: unknown }).nonRetryable === true) return true
  return false
}
