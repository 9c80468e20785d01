import { Failure } from '../domain/failure.js'

/** A set-up step or service that could not be done: what went wrong, and what the person at the terminal can do. */
export const setupFailed = (sentence: string, remedy: string, cause?: unknown): Failure =>
  new Failure('not-available', sentence, { retry: false, remedy, cause })
