import { PauseIcon, PlayIcon } from '@heroicons/react/24/outline'
import { Button } from 'flowbite-react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { pauseBackup, resumeBackup } from '../../../api/contract/backups.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { usePauseBackup } from './use-pause-backup.js'

/** Pause while it copies, Resume while it is paused; nothing where neither can be asked. */
export const PauseBackupButton = ({ backup }: { backup: BackupDetails }) => {
  const change = usePauseBackup(backup.id)
  const mayPause = useMayCall(pauseBackup)
  const mayResume = useMayCall(resumeBackup)
  const isUnderWay = change.isPending
  return (
    <>
      {backup.available_actions.includes('pause') && (
        <Button
          size="sm"
          color="alternative"
          disabled={!mayPause || isUnderWay}
          onClick={() => change.mutate('pause')}
        >
          <PauseIcon aria-hidden="true" className="mr-1 h-4 w-4" />
          Pause
        </Button>
      )}
      {backup.available_actions.includes('resume') && (
        <Button
          size="sm"
          color="blue"
          disabled={!mayResume || isUnderWay}
          onClick={() => change.mutate('resume')}
        >
          <PlayIcon aria-hidden="true" className="mr-1 h-4 w-4" />
          Resume
        </Button>
      )}
      <p role="status" className="order-last w-full text-sm text-gray-300 empty:hidden">
        {isUnderWay && (change.variables === 'pause' ? 'Waiting for the copies to stop' : 'Being resumed')}
      </p>
      {change.error && (
        <p role="alert" className="order-last w-full text-sm text-red-300">
          {failureText(change.error).sentence}. {failureText(change.error).remedy}
        </p>
      )}
    </>
  )
}
