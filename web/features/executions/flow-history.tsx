import { Link } from 'react-router'
import { EmptyNote } from '../../ui/empty-note.js'
import { Section } from '../../ui/section.js'
import { ExecutionsList } from './executions-list.js'

/** The latest runs of one flow, and the way to all of them. */
export const FlowHistory = ({ flowId }: { flowId: string }) => (
  <Section title="History">
    <ExecutionsList
      filter={{ flow_id: flowId, limit: 10 }}
      empty={<EmptyNote title="It has never run">Its runs appear here with all they did.</EmptyNote>}
    />
    <p className="mt-2 text-sm">
      <Link to={`/executions?flow=${encodeURIComponent(flowId)}`} className="text-blue-400 underline">
        View full history
      </Link>
    </p>
  </Section>
)
