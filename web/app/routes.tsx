import { useState } from 'react'
import { Link, Route, Routes, useNavigate, useParams } from 'react-router'
import type { PublicUser } from '../../api/contract/auth.js'
import type { VmContextView } from '../../api/contract/vm-contexts.js'
import { BackupDetailsPage } from '../features/backups/backup-details-page.js'
import { BackupsPage } from '../features/backups/backups-page.js'
import { LatestBackups } from '../features/backups/latest-backups.js'
import { PointsPage } from '../features/backups/points-page.js'
import { StartBackupDialog } from '../features/backups/start-backup-dialog.js'
import { DashboardPage } from '../features/dashboard/dashboard-page.js'
import { LatestExecutions, RunningExecutions } from '../features/executions/latest-executions.js'
import { AllPausedBanner } from '../features/flows/all-paused-banner.js'
import { PlatformsPage } from '../features/platforms/platforms-page.js'
import { RepositoriesPage } from '../features/repositories/repositories-page.js'
import { RepositoriesRoom } from '../features/repositories/repositories-room.js'
import { LeaveLogin } from '../features/session/leave-login.js'
import { VmContextPanel } from '../features/vms/vm-context-panel.js'
import { VmsPage } from '../features/vms/vms-page.js'
import { EmptyNote } from '../ui/empty-note.js'
import { PageHeader } from '../ui/page-header.js'
import { flowRoutes } from './flow-routes.js'
import { nounRoutes } from './noun-routes.js'
import { SessionGate } from './session-gate.js'
import { Shell } from './shell.js'

export const Routed = () => <SessionGate>{(user) => <Workplace user={user} />}</SessionGate>

/** The pages in the shell, and what they share: the chosen VM and the dialog that starts its backup. */
const Workplace = ({ user }: { user: PublicUser }) => {
  const [selectedId, select] = useState<string>()
  const [toBackUp, setToBackUp] = useState<VmContextView>()
  const navigate = useNavigate()
  const context =
    selectedId === undefined ? (
      <p className="text-sm text-gray-400">Choose a virtual machine to see it here.</p>
    ) : (
      <VmContextPanel id={selectedId} onBackUp={setToBackUp} />
    )
  return (
    <Shell user={user} context={context}>
      <Routes>
        <Route
          path="/"
          element={
            <DashboardPage banner={<AllPausedBanner />} running={<RunningExecutions />}>
              <RepositoriesRoom />
              <LatestExecutions />
              <LatestBackups />
            </DashboardPage>
          }
        />
        <Route path="/login" element={<LeaveLogin />} />
        <Route
          path="/vms"
          element={<VmsPage selectedId={selectedId} onSelect={select} onBackUp={setToBackUp} />}
        />
        <Route path="/vms/:id/points" element={<PointsRoute onVm={select} />} />
        <Route path="/backups" element={<BackupsPage />} />
        <Route path="/backups/:id" element={<BackupDetailsRoute onVm={select} />} />
        <Route path="/platforms" element={<PlatformsPage onProtected={() => void navigate('/vms')} />} />
        <Route path="/repositories" element={<RepositoriesPage />} />
        {flowRoutes(select)}
        {nounRoutes}
        <Route path="*" element={<NoSuchPage />} />
      </Routes>
      {toBackUp && (
        <StartBackupDialog
          vm={toBackUp}
          onClose={() => setToBackUp(undefined)}
          onStarted={() => {
            setToBackUp(undefined)
            void navigate('/backups')
          }}
        />
      )}
    </Shell>
  )
}

const BackupDetailsRoute = ({ onVm }: { onVm: (vmContextId: string) => void }) => {
  const { id } = useParams()
  const navigate = useNavigate()
  if (id === undefined) return <NoSuchPage />
  return <BackupDetailsPage key={id} id={id} onVm={onVm} onDeleted={() => void navigate('/backups')} />
}

const PointsRoute = ({ onVm }: { onVm: (vmContextId: string) => void }) => {
  const { id } = useParams()
  return id === undefined ? <NoSuchPage /> : <PointsPage key={id} vmId={id} onVm={onVm} />
}

const NoSuchPage = () => (
  <>
    <PageHeader title="Not found" />
    <EmptyNote title="There is no such page">
      <Link to="/" className="text-blue-400 underline">
        Go to the dashboard
      </Link>
    </EmptyNote>
  </>
)
