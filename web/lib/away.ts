import type { JobStep } from '../../domain/job-step.js'
import { isInterrupted } from './steps.js'

const sides: Readonly<Record<string, string>> = { reopenSource: 'source', reopenTarget: 'target' }

/** The ends of a run's copies that were lost and are being opened again now, in words. */
export const awayOf = (steps: readonly JobStep[]): { readonly step_id: string; readonly text: string }[] =>
  steps.flatMap((step) => {
    const side = sides[step.name]
    if (side === undefined || step.status !== 'running' || isInterrupted(step, steps, true)) return []
    return [{ step_id: step.step_id, text: `The ${side} is away and is being opened again. ${step.summary}` }]
  })
