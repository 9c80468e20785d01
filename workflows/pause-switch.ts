import { CancellationScope, defineUpdate, setHandler } from '@temporalio/workflow'
import { refusalOf } from '../domain/rules/backup-actions.js'
import type { BackupStage } from '../domain/rules/backup-actions.js'
import { updates } from './messages.js'
import { refused } from './refused.js'
import { wasStopped } from './stopped.js'

/** Where a backup stands, and how it is paused and resumed: the only place that changes its stage. */
export interface PauseSwitch {
  stage(): BackupStage
  /** The run has got there; whoever waits for a pause or a resume hears of it. */
  enter(stage: BackupStage): void
  /** Copies until all is done or a pause has stopped it. Resolves only when no step of `work` runs any more. */
  copying(work: () => Promise<void>): Promise<'copied' | 'paused'>
}

/**
 * Takes the Updates `pause` and `resume`. A refused one costs no history; one that is taken changes the stage before
 * its first await and is answered when the run has recorded it, or has come elsewhere in the meantime.
 */
export function newPauseSwitch(backupId: string): PauseSwitch {
  let stage: BackupStage = 'preparing'
  let copies: CancellationScope | undefined
  let answer: ((reached: BackupStage) => void) | undefined
  const enter = (next: BackupStage): void => {
    stage = next
    answer?.(next)
    answer = undefined
  }
  const reached = (): Promise<BackupStage> => new Promise((resolve) => (answer = resolve))
  const take = (action: 'pause' | 'resume', begin: () => void, good: readonly BackupStage[]): void =>
    setHandler(
      defineUpdate(updates[action]),
      async () => {
        begin()
        const came = await reached()
        if (!good.includes(came)) throw refused(backupId, action, came)
      },
      {
        validator: () => {
          if (refusalOf(stage, action) !== null) throw refused(backupId, action, stage)
        },
      },
    )
  take('pause', () => (enter('pausing'), copies?.cancel()), ['paused'])
  take('resume', () => enter('resuming'), ['copying', 'preparing'])
  return {
    stage: () => stage,
    enter,
    copying: async (work) => {
      enter('copying')
      const scope = (copies = new CancellationScope())
      try {
        await scope.run(work)
        return 'copied'
      } catch (error) {
        if (stage === 'pausing' && wasStopped(error)) return 'paused'
        throw error
      } finally {
        copies = undefined
      }
    },
  }
}
