import { EmptyNote } from '../../ui/empty-note.js'
import { Section } from '../../ui/section.js'
import { ExecutionsList } from './executions-list.js'

/** Runs that are under way, with how far they are. */
export const RunningExecutions = () => (
  <Section title="Running executions">
    <ExecutionsList
      filter={{ limit: 10, status: 'running' }}
      empty={<p className="text-sm text-gray-300">Nothing runs now.</p>}
    />
  </Section>
)

/** The newest runs of all flows. */
export const LatestExecutions = () => (
  <Section title="Latest executions">
    <ExecutionsList
      filter={{ limit: 5 }}
      empty={
        <EmptyNote title="No execution yet">Flows run by their schedules, or when somebody asks.</EmptyNote>
      }
    />
  </Section>
)
