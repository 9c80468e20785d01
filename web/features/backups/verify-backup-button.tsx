import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { failureText } from '../../lib/failure-text.js'
import { useVerifyBackup } from './use-verify-backup.js'

/** Starts a verification; its result arrives with the backup's own facts. */
export const VerifyBackupButton = ({
  backup,
  isDisabled,
}: {
  backup: BackupDetails
  isDisabled: boolean
}) => {
  const verify = useVerifyBackup(backup.id)
  const [verifiedBefore, setVerifiedBefore] = useState<string | null>(null)
  const isUnderWay = verify.isSuccess && backup.verified_at === verifiedBefore
  return (
    <>
      <Button
        size="sm"
        color="alternative"
        disabled={isDisabled || verify.isPending || isUnderWay}
        onClick={() => {
          setVerifiedBefore(backup.verified_at)
          verify.mutate()
        }}
      >
        Verify
      </Button>
      <p role="status" className="order-last w-full text-sm text-gray-300 empty:hidden">
        {isUnderWay && 'Verification runs'}
      </p>
      {verify.error && (
        <p role="alert" className="order-last w-full text-sm text-red-300">
          {failureText(verify.error).sentence}. {failureText(verify.error).remedy}
        </p>
      )}
    </>
  )
}
