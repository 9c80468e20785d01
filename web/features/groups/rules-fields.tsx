import { useQuery } from '@tanstack/react-query'
import type { GroupRules } from '../../../domain/vm-group.js'
import { CheckField } from '../../ui/check-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextArea } from '../../ui/text-area.js'
import type { RulesDraft } from './group-rules.js'
import { isIdle } from './group-rules.js'
import { platformChoicesQuery } from './platform-choices-query.js'
import { powerStateNames } from './rules-text.js'

const powerStates = Object.keys(powerStateNames) as GroupRules['power_states']

/** Which VMs belong to the group by themselves. */
export const RulesFields = ({
  draft,
  onChange,
}: {
  draft: RulesDraft
  onChange: (draft: RulesDraft) => void
}) => {
  const platforms = useQuery(platformChoicesQuery())
  const choices = [
    { value: '', text: 'Any platform' },
    ...(platforms.data?.platforms ?? []).map(({ id, name }) => ({ value: id, text: name })),
  ]
  return (
    <fieldset className="space-y-4">
      <legend className="mb-1 text-sm font-semibold text-white">Rules</legend>
      <p className="text-xs text-gray-400">
        VMs that match every kind of rule you fill in (any line of it) belong to the group when a run begins.
        Without rules, only members by hand do.
      </p>
      <TextArea
        label="Name patterns"
        hint="One a line; * stands for any text, ? for one character"
        placeholder="pg*"
        value={draft.namePatterns}
        onChange={(namePatterns) => onChange({ ...draft, namePatterns })}
      />
      <TextArea
        label="Folders"
        hint="One inventory path a line; takes all below it, too"
        placeholder="/DatabanxDC/vm/Prod"
        value={draft.folders}
        onChange={(folders) => onChange({ ...draft, folders })}
      />
      <fieldset>
        <legend className="mb-1.5 text-sm text-gray-100">Power states</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          {powerStates.map((state) => (
            <CheckField
              key={state}
              isChecked={draft.powerStates.includes(state)}
              onChange={(isChecked) =>
                onChange({
                  ...draft,
                  powerStates: powerStates.filter((each) =>
                    each === state ? isChecked : draft.powerStates.includes(each),
                  ),
                })
              }
            >
              {powerStateNames[state]}
            </CheckField>
          ))}
        </div>
      </fieldset>
      <SelectField
        label="Platform"
        value={draft.platformId}
        choices={withChosen(choices, draft.platformId)}
        onChange={(platformId) => onChange({ ...draft, platformId })}
      />
      <TextArea
        label="Exclude names"
        hint="One pattern a line; these VMs are never taken by the rules"
        placeholder="*-test"
        value={draft.excludeNamePatterns}
        onChange={(excludeNamePatterns) => onChange({ ...draft, excludeNamePatterns })}
      />
      {isIdle(draft) && (
        <p role="alert" className="text-sm text-yellow-200">
          These rules take no VM: add a name pattern (* takes every name), a folder or a power state.
        </p>
      )}
    </fieldset>
  )
}

interface PlatformChoice {
  readonly value: string
  readonly text: string
}

/** A platform that is not listed (yet) must not turn into "Any platform" behind the reader's back. */
const withChosen = (choices: readonly PlatformChoice[], id: string): readonly PlatformChoice[] =>
  choices.some(({ value }) => value === id) ? choices : [...choices, { value: id, text: id }]
