import type { RescanAnswer, RescanRunning } from '../../../api/contract/repositories.js'
import type { Repository } from '../../../domain/repository.js'
import { formatCount } from '../../lib/format.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { FailureNote } from '../../ui/failure-note.js'
import { useRescanRepository } from './use-rescan-repository.js'

/** Reads all manifests of a repository again and says what came of it. */
export const RescanDialog = ({ repository, onClose }: { repository: Repository; onClose: () => void }) => {
  const rescan = useRescanRepository(repository.id)
  return (
    <Dialog title={`Rescan ${repository.name}`} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          rescan.mutate()
        }}
      >
        <p className="text-sm text-gray-300">
          Reads every manifest in {repository.path} and restores records that are missing. Nothing is deleted.
        </p>
        {rescan.error ? <FailureNote error={rescan.error} /> : null}
        {rescan.data && <RescanResult answer={rescan.data} />}
        <DialogActions submit="Rescan" isPending={rescan.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  )
}

const RescanResult = ({ answer }: { answer: RescanAnswer | RescanRunning }) => (
  <div role="status" className="rounded-lg bg-gray-700/50 p-4 text-sm text-gray-200">
    {'status' in answer ? (
      <p>It takes longer and goes on as {answer.workflow_id}.</p>
    ) : (
      <>
        <p>
          {formatCount(answer.points_found, 'point')} found, {answer.points_restored.toLocaleString('en')}{' '}
          restored.
        </p>
        {answer.points_refused.length > 0 && (
          <ul className="mt-2 list-disc pl-5 text-yellow-200">
            {answer.points_refused.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </>
    )}
  </div>
)
