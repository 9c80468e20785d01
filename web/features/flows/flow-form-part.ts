import { failureText } from '../../lib/failure-text.js'
import type { FlowDraft, FlowField } from './flow-draft.js'
import { advancedFields } from './flow-draft.js'

/** What each part of the form of a flow is given. */
export interface FlowFormPart {
  readonly draft: FlowDraft
  /** What is wrong with a field, as far as it is shown. */
  readonly errorOf: (field: FlowField) => string | undefined
  readonly set: (change: Partial<FlowDraft>) => void
  /** The field was left: what is wrong with it may be shown. */
  readonly leave: (field: FlowField) => void
}

export const hasAdvancedError = (errorOf: FlowFormPart['errorOf']): boolean =>
  advancedFields.some((field) => errorOf(field) !== undefined)

/** Choices that could not be read say so where they are missed. */
export const unread = (error: unknown): string | undefined => {
  if (!error) return undefined
  const { sentence, remedy } = failureText(error)
  return `${sentence}. ${remedy ?? ''}`.trim()
}
