import type { Retention } from '../../../domain/policy.js'
import { NumberField } from '../../ui/number-field.js'
import { keepsAll, measures } from './measures.js'

/** The six measures: a point that any of them names stays. */
export const RetentionFields = ({
  keep,
  onChange,
}: {
  keep: Retention
  onChange: (keep: Retention) => void
}) => (
  <fieldset>
    <legend className="mb-1 text-sm font-semibold text-white">Keep</legend>
    <p className="mb-3 text-xs text-gray-400">
      Of each VM in each repository. A point that one of these names stays; 0 says nothing. Points go by whole
      chains: a chain goes when none of its points is kept any more.
    </p>
    <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
      {measures.map(({ field, label, hint, most }) => (
        <NumberField
          key={field}
          label={label}
          hint={hint}
          min={0}
          max={most}
          value={keep[field]}
          onChange={(value) => onChange({ ...keep, [field]: value })}
        />
      ))}
    </div>
    {keepsAll(keep) && <p className="mt-3 text-sm text-yellow-200">All are 0: every point is kept.</p>}
  </fieldset>
)
