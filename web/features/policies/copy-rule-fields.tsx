import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import type { CopyRule } from '../../../domain/policy.js'
import type { Repository } from '../../../domain/repository.js'
import { CheckField } from '../../ui/check-field.js'
import { NumberField } from '../../ui/number-field.js'
import { SelectField } from '../../ui/select-field.js'
import { NotActiveTag } from './not-active-tag.js'
import { newCopyRule } from './policy-draft.js'
import { repositoryChoicesQuery } from './repository-choices-query.js'

const most = 10
const modes = [
  { value: 'immediate', text: 'at once' },
  { value: 'scheduled', text: 'by schedule' },
  { value: 'manual', text: 'by hand' },
] as const

/** To which repositories points are copied, and when. */
export const CopyRuleFields = ({
  rules,
  onChange,
}: {
  rules: readonly CopyRule[]
  onChange: (rules: readonly CopyRule[]) => void
}) => {
  const repositories = useQuery(repositoryChoicesQuery()).data?.repositories ?? []
  const first = repositories.find(({ id }) => rules.every((rule) => rule.repository_id !== id))
  const replace = (index: number, rule: CopyRule) =>
    onChange(rules.map((each, at) => (at === index ? rule : each)))
  return (
    <fieldset>
      <legend className="mb-2 flex items-center gap-2 text-sm font-semibold text-white">
        Copy rules <NotActiveTag />
      </legend>
      <ol className="space-y-3">
        {rules.map((rule, index) => (
          // Rules have no id of their own, and none is moved.
          <li key={index} className="rounded-lg border border-gray-700 p-3">
            <CopyRuleRow
              rule={rule}
              repositories={repositories}
              onChange={(changed) => replace(index, changed)}
              onRemove={() => onChange(rules.filter((_, at) => at !== index))}
            />
          </li>
        ))}
      </ol>
      <Button
        size="xs"
        color="alternative"
        className="mt-3"
        disabled={first === undefined || rules.length >= most}
        onClick={() => first && onChange([...rules, newCopyRule(first.id)])}
      >
        Add copy rule
      </Button>
      {first === undefined && (
        <p className="mt-1 text-xs text-gray-400">There is no further repository to copy to.</p>
      )}
    </fieldset>
  )
}

const CopyRuleRow = ({
  rule,
  repositories,
  onChange,
  onRemove,
}: {
  rule: CopyRule
  repositories: readonly Repository[]
  onChange: (rule: CopyRule) => void
  onRemove: () => void
}) => {
  const known = repositories.map(({ id, name }) => ({ value: String(id), text: name }))
  const chosen = String(rule.repository_id)
  const choices = known.some(({ value }) => value === chosen)
    ? known
    : [...known, { value: chosen, text: `Repository ${chosen}` }]
  return (
    <div className="space-y-3">
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3">
        <SelectField
          label="To repository"
          value={chosen}
          choices={choices}
          onChange={(id) => onChange({ ...rule, repository_id: Number(id) })}
        />
        <SelectField
          label="When"
          value={rule.mode}
          choices={modes}
          onChange={(mode) => onChange({ ...rule, mode })}
        />
        <NumberField
          label="Priority"
          min={0}
          max={100}
          value={rule.priority}
          onChange={(priority) => onChange({ ...rule, priority })}
        />
      </div>
      <div className="flex items-center justify-between gap-3">
        <CheckField isChecked={rule.verify} onChange={(verify) => onChange({ ...rule, verify })}>
          Verify the copy
        </CheckField>
        <Button size="xs" color="alternative" onClick={onRemove}>
          Remove rule
        </Button>
      </div>
    </div>
  )
}
