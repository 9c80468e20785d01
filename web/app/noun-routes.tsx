import { Route, useNavigate, useParams } from 'react-router'
import { GroupPage } from '../features/groups/group-page.js'
import { GroupsPage } from '../features/groups/groups-page.js'
import { JobLogPage } from '../features/job-log/job-log-page.js'
import { PoliciesPage } from '../features/policies/policies-page.js'
import { SchedulePage } from '../features/schedules/schedule-page.js'
import { SchedulesPage } from '../features/schedules/schedules-page.js'
import { TransferLimitsPage } from '../features/transfer-limits/transfer-limits-page.js'

/** Groups, schedules, policies, transfer limits and the job log: what flows are made of, and what they wrote. */
export const nounRoutes = (
  <>
    <Route path="/groups" element={<GroupsPage />} />
    <Route path="/groups/:id" element={<GroupRoute />} />
    <Route path="/schedules" element={<SchedulesPage />} />
    <Route path="/schedules/:id" element={<ScheduleRoute />} />
    <Route path="/policies" element={<PoliciesPage />} />
    <Route path="/transfer-limits" element={<TransferLimitsPage />} />
    <Route path="/job-log" element={<JobLogPage />} />
  </>
)

function GroupRoute() {
  const { id = '' } = useParams()
  const navigate = useNavigate()
  return <GroupPage key={id} id={id} onDeleted={() => void navigate('/groups')} />
}

function ScheduleRoute() {
  const { id = '' } = useParams()
  const navigate = useNavigate()
  return <SchedulePage key={id} id={id} onDeleted={() => void navigate('/schedules')} />
}
