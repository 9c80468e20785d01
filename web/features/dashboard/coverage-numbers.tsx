import {
  ClockIcon,
  ExclamationTriangleIcon,
  Square2StackIcon,
  ShieldCheckIcon,
} from '@heroicons/react/24/outline'
import type { Coverage } from '../../../api/contract/coverage.js'
import { formatCount } from '../../lib/format.js'
import { NumberCard, NumberCards } from './number-card.js'

const numberOf = (count: number): string => count.toLocaleString('en')

/** How many VMs are protected, and how many are not as they should be. */
export const CoverageNumbers = ({ coverage }: { coverage: Coverage }) => (
  <NumberCards name="VMs">
    <NumberCard
      name="Protected VMs"
      to="/vms"
      icon={ShieldCheckIcon}
      value={numberOf(coverage.protected_total)}
      more={`of ${formatCount(coverage.vms_total, 'VM')}, by an enabled flow`}
    />
    <NumberCard
      name="Unprotected VMs"
      to="#unprotected"
      icon={ExclamationTriangleIcon}
      value={numberOf(coverage.unprotected_total)}
      more="no enabled flow protects them"
      tone={coverage.unprotected_total > 0 ? 'bad' : 'good'}
    />
    <NumberCard
      name="Stale VMs"
      to="#stale"
      icon={ClockIcon}
      value={numberOf(coverage.stale_total)}
      more="last good point older than promised"
      tone={coverage.stale_total > 0 ? 'bad' : 'good'}
    />
    <NumberCard
      name="In several flows"
      to="#in-several"
      icon={Square2StackIcon}
      value={numberOf(coverage.in_several_flows_total)}
      more="protected more than once"
    />
  </NumberCards>
)
