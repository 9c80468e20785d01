import {
  forgetCopies as forgetRows,
  markPaused as pauseRow,
  markResumed as resumeRow,
} from '../../drizzle/queries/backup-pauses.js'
import { addWarning as warn } from '../capture/add-warning.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

type Needs = Pick<CatalogDependencies, 'db'>

/** Safe to run twice: only a job that runs is paused; one that is being cancelled stays so. */
export const markPaused =
  ({ db }: Needs): ControlSteps['markPaused'] =>
  async ({ backupId, reason }) => {
    await pauseRow(db, backupId, reason)
  }

/** Safe to run twice: only a job that is paused runs on. */
export const markResumed =
  ({ db }: Needs): ControlSteps['markResumed'] =>
  async ({ backupId }) => {
    await resumeRow(db, backupId)
  }

/** Safe to run twice: what is forgotten stays so, and attempt numbers, which fence sleepers, only grow. */
export const forgetCopies =
  ({ db }: Needs): ControlSteps['forgetCopies'] =>
  async ({ backupId, warning }) => {
    await forgetRows(db, backupId)
    await warn(db, backupId, warning)
  }

/** Safe to run twice: a sentence that stands is not repeated. */
export const addWarning =
  ({ db }: Needs): ControlSteps['addWarning'] =>
  async ({ backupId, warning }) => {
    await warn(db, backupId, warning)
  }
