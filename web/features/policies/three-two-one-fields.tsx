import type { ThreeTwoOne } from '../../../domain/policy.js'
import { CheckField } from '../../ui/check-field.js'
import { NumberField } from '../../ui/number-field.js'
import { NotActiveTag } from './not-active-tag.js'
import { usualThreeTwoOne } from './policy-draft.js'

const parts = [
  { field: 'copies', label: 'Copies', min: 1 },
  { field: 'media', label: 'Media', min: 1 },
  { field: 'offsite', label: 'Off site', min: 0 },
] as const

/** How many copies on how many media, and how many of them elsewhere. */
export const ThreeTwoOneFields = ({
  value,
  onChange,
}: {
  value: ThreeTwoOne | null
  onChange: (value: ThreeTwoOne | null) => void
}) => (
  <fieldset>
    <legend className="mb-2 flex items-center gap-2 text-sm font-semibold text-white">
      3-2-1 rule <NotActiveTag />
    </legend>
    <CheckField
      isChecked={value !== null}
      onChange={(isChecked) => onChange(isChecked ? usualThreeTwoOne : null)}
    >
      Store a 3-2-1 rule
    </CheckField>
    {value !== null && (
      <div className="mt-3 grid grid-cols-3 gap-4">
        {parts.map(({ field, label, min }) => (
          <NumberField
            key={field}
            label={label}
            min={min}
            max={10}
            value={value[field]}
            onChange={(number) => onChange({ ...value, [field]: number })}
          />
        ))}
      </div>
    )}
  </fieldset>
)
