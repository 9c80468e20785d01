import type { ReactNode } from 'react'
import { Route, useNavigate, useParams } from 'react-router'
import { ActiveJobs } from '../features/executions/active-jobs.js'
import { ExecutionActionsOf } from '../features/executions/execution-actions-of.js'
import { ExecutionDetailsPage } from '../features/executions/execution-details-page.js'
import { ExecutionsPage } from '../features/executions/executions-page.js'
import { FlowHistory } from '../features/executions/flow-history.js'
import { AllPausedBanner } from '../features/flows/all-paused-banner.js'
import { FlowDetailsPage } from '../features/flows/flow-details-page.js'
import { FlowsPage } from '../features/flows/flows-page.js'

/** Protection flows and their runs. `onVm` shows a VM in the panel. */
export const flowRoutes = (onVm: (vmContextId: string) => void) => (
  <>
    <Route path="/flows" element={<FlowsRoute />} />
    <Route path="/flows/:id" element={<FlowRoute onVm={onVm} />} />
    <Route
      path="/executions"
      element={
        <WithBanner>
          <ExecutionsPage />
        </WithBanner>
      }
    />
    <Route path="/executions/:id" element={<ExecutionRoute />} />
  </>
)

const WithBanner = ({ children }: { children: ReactNode }) => (
  <>
    <AllPausedBanner />
    {children}
  </>
)

const FlowsRoute = () => {
  const navigate = useNavigate()
  return (
    <WithBanner>
      <FlowsPage onCreated={(id) => void navigate(`/flows/${id}`)} />
    </WithBanner>
  )
}

const FlowRoute = ({ onVm }: { onVm: (vmContextId: string) => void }) => {
  const { id = '' } = useParams()
  const navigate = useNavigate()
  return (
    <WithBanner>
      <FlowDetailsPage
        key={id}
        id={id}
        onVm={onVm}
        onDeleted={() => void navigate('/flows')}
        runs={{
          activeJobs: (executionId) => <ActiveJobs id={executionId} />,
          actionsOf: (executionId) => (
            <ExecutionActionsOf
              key={executionId}
              id={executionId}
              onRetry={(run) => void navigate(`/executions/${run.id}`)}
            />
          ),
          history: <FlowHistory flowId={id} />,
        }}
      />
    </WithBanner>
  )
}

const ExecutionRoute = () => {
  const { id = '' } = useParams()
  const navigate = useNavigate()
  return (
    <WithBanner>
      <ExecutionDetailsPage key={id} id={id} onRetry={(run) => void navigate(`/executions/${run.id}`)} />
    </WithBanner>
  )
}
