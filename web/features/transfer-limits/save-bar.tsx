import { Button, Spinner } from 'flowbite-react'
import type { ReactNode } from 'react'

export interface FormState {
  readonly isChanged: boolean
  readonly isWrong: boolean
  readonly isPending: boolean
  readonly isSaved: boolean
}

/** Stays in sight below a long form: how it stands, and its buttons. `children` say what stands against saving. */
export const SaveBar = ({
  mayChange,
  onDiscard,
  children,
  ...state
}: FormState & { mayChange: boolean; onDiscard: () => void; children: ReactNode }) => {
  const { isChanged, isWrong, isPending } = state
  return (
    <div className="sticky bottom-0 mt-6 space-y-3 border-t border-gray-700 bg-gray-900 py-4 lg:-bottom-6">
      {children}
      <div className="flex flex-wrap items-center justify-end gap-2">
        <p role="status" className="mr-auto text-sm text-gray-300">
          {statusText(state)}
        </p>
        <Button color="alternative" disabled={!isChanged || isPending} onClick={onDiscard}>
          Discard changes
        </Button>
        <Button type="submit" color="blue" disabled={!mayChange || !isChanged || isWrong || isPending}>
          {isPending && <Spinner aria-hidden="true" size="sm" className="mr-2" />}
          Save limits
        </Button>
      </div>
    </div>
  )
}

const statusText = ({ isWrong, isChanged, isSaved }: FormState): string => {
  if (isWrong) return 'What is wrong stands below its field.'
  if (isChanged) return 'Changed, not saved.'
  return isSaved ? 'Saved. Running copies follow within seconds.' : ''
}
