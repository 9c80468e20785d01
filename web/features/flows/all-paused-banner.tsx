import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import { resumeAllFlows } from '../../../api/contract/all-flows.js'
import { useMayCall } from '../../lib/role.js'
import { Notice } from '../../ui/notice.js'
import { TimeText } from '../../ui/time-text.js'
import { flowSummaryQuery } from './flow-summary-query.js'
import { withStop } from './flow-words.js'
import { ResumeAllDialog } from './resume-all-dialog.js'

/** Says on every page of flows and runs that everything is paused: who, since when, why. */
export const AllPausedBanner = () => {
  const paused = useQuery(flowSummaryQuery()).data?.all_paused
  const [isResuming, setResuming] = useState(false)
  const mayResume = useMayCall(resumeAllFlows)
  return (
    <>
      {paused && (
        <div className="mb-4">
          <Notice tone="warning">
            <div className="flex flex-wrap items-center justify-between gap-3">
              <p>
                <span className="font-semibold">Everything is paused</span> by {paused.by} since{' '}
                <TimeText iso={paused.since} />
                {paused.reason === null ? '.' : `: ${withStop(paused.reason)}`} Schedules start nothing, and
                running executions stand still.
              </p>
              <Button size="sm" color="blue" disabled={!mayResume} onClick={() => setResuming(true)}>
                Resume everything
              </Button>
            </div>
          </Notice>
        </div>
      )}
      {isResuming && <ResumeAllDialog onClose={() => setResuming(false)} />}
    </>
  )
}
