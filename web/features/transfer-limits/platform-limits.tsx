import { Link } from 'react-router'
import type { PlatformView } from '../../../api/contract/platforms.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { TextField } from '../../ui/text-field.js'
import { LimitFields } from './limit-fields.js'
import type { LimitsPart } from './limits-part.js'
import { noPlatformLimits } from './limits-draft.js'

/** The limits of each platform by name, also of those that have none yet. */
export const PlatformLimits = ({
  platforms,
  draft,
  errorOf,
  onChange,
}: LimitsPart & { platforms: readonly Pick<PlatformView, 'id' | 'name'>[] }) => {
  // One that the list does not know (yet) must not be lost from what is saved unseen.
  const unlisted = Object.keys(draft.platforms).filter((id) => platforms.every((each) => each.id !== id))
  const shown = [...platforms, ...unlisted.map((id) => ({ id, name: id }))]
  if (shown.length === 0)
    return (
      <EmptyNote title="No platform yet">
        Limits of a platform can be set once it is{' '}
        <Link to="/platforms" className="text-blue-400 underline">
          added
        </Link>
        .
      </EmptyNote>
    )
  return (
    <div className="space-y-4">
      {shown.map(({ id, name }) => {
        const limit = draft.platforms[id] ?? noPlatformLimits
        const set = (changed: typeof limit) =>
          onChange({ ...draft, platforms: { ...draft.platforms, [id]: changed } })
        return (
          <LimitFields
            key={id}
            title={name}
            limit={limit}
            errorOf={(field) => errorOf(`platforms.${id}.${field}`)}
            onChange={set}
          >
            <TextField
              label="Connections at a time"
              placeholder="no limit"
              inputMode="numeric"
              autoComplete="off"
              maxLength={8}
              value={limit.connections}
              error={errorOf(`platforms.${id}.max_connections`) ?? errorOf(`platforms.${id}.platform_id`)}
              onChange={(connections) => set({ ...limit, connections })}
            />
          </LimitFields>
        )
      })}
    </div>
  )
}
