import type { GroupView } from '../../../api/contract/machine-groups.js'
import { formatCount } from '../../lib/format.js'
import { Facts } from '../../ui/facts.js'
import { FlowCount } from '../../ui/flow-count.js'
import { TimeText } from '../../ui/time-text.js'
import { rulesText } from './rules-text.js'

export const GroupFacts = ({
  group,
  platformName,
}: {
  group: GroupView
  platformName: (id: string) => string
}) => (
  <Facts
    facts={[
      ...(group.description === null ? [] : ([['Description', group.description]] as const)),
      ['Rules', rulesText(group.rules, platformName)],
      ['Priority', group.priority],
      ['At a time', formatCount(group.max_concurrent_vms, 'VM')],
      ['Used by', <FlowCount key="flows" count={group.flows} to={`/flows?target=${group.id}`} isNamed />],
      [
        'Created',
        <>
          <TimeText iso={group.created_at} /> by {group.created_by}
        </>,
      ],
    ]}
  />
)
