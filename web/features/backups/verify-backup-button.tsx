import { Button } from 'flowbite-react'
import { failureText } from '../../lib/failure-text.js'
import { useVerifyBackup } from './use-verify-backup.js'

/** Starts a verification; its result arrives with the backup's own facts. */
export const VerifyBackupButton = ({ id, isDisabled }: { id: string; isDisabled: boolean }) => {
  const verify = useVerifyBackup(id)
  return (
    <>
      <Button
        size="sm"
        color="alternative"
        disabled={isDisabled || verify.isPending}
        onClick={() => verify.mutate()}
      >
        Verify
      </Button>
      {verify.isSuccess && (
        <p role="status" className="text-sm text-gray-300">
          Verification started
        </p>
      )}
      {verify.error && (
        <p role="alert" className="text-sm text-red-300">
          {failureText(verify.error).sentence}. {failureText(verify.error).remedy}
        </p>
      )}
    </>
  )
}
