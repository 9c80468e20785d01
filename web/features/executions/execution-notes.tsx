import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { Notice } from '../../ui/notice.js'

/** What an operator must know first: why it stands still, why it ended so, and its warnings. */
export const ExecutionNotes = ({ run }: { run: ExecutionDetails }) => (
  <div className="mb-4 space-y-3 empty:hidden">
    {run.status === 'pending' && <Notice>Waiting for a worker to begin.</Notice>}
    {run.status === 'paused' && <Notice tone="warning">{run.pause_reason ?? 'It is paused.'}</Notice>}
    {run.status !== 'paused' && run.pause_reason !== null && <Notice>{run.pause_reason}</Notice>}
    {run.error_message !== null && <Notice tone="warning">{run.error_message}</Notice>}
    {run.warnings.length > 0 && (
      <Notice tone="warning">
        <p className="font-medium">{run.warnings.length === 1 ? 'Warning' : 'Warnings'}</p>
        <ul className="mt-1 list-disc pl-5">
          {run.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      </Notice>
    )}
  </div>
)
