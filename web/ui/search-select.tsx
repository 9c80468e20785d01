import { Label, TextInput } from 'flowbite-react'
import type { KeyboardEvent } from 'react'
import { useId, useState } from 'react'
import { FieldNotes, notesOf } from './field-notes.js'

export interface SearchChoice {
  readonly value: string
  readonly text: string
  /** Tells choices of the same text apart. */
  readonly more?: string
}

/**
 * A choice of one among many: typing asks `onSearch` for choices, arrows and Enter choose. `chosenText` stands in the
 * field while nobody types.
 */
export const SearchSelect = ({
  label,
  hint,
  error,
  chosenText,
  choices,
  isLoading,
  none,
  onSearch,
  onChoose,
  onBlur,
}: {
  label: string
  hint?: string
  error?: string | undefined
  chosenText: string
  choices: readonly SearchChoice[]
  isLoading: boolean
  none: string
  onSearch: (text: string) => void
  onChoose: (choice: SearchChoice) => void
  onBlur?: () => void
}) => {
  const id = useId()
  const { typed, active, isOpen, open, search, close, choose, onKeyDown } = useSearch(
    choices,
    onSearch,
    onChoose,
  )
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <TextInput
        id={id}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && choices[active] ? `${id}-${active}` : undefined}
        autoComplete="off"
        maxLength={255}
        placeholder="Type to search"
        value={typed ?? chosenText}
        onChange={(event) => search(event.target.value)}
        onClick={open}
        onKeyDown={onKeyDown}
        onBlur={() => {
          close()
          onBlur?.()
        }}
        {...notesOf(id, hint, error)}
      />
      <Found
        id={id}
        label={label}
        isOpen={isOpen}
        choices={choices}
        active={active}
        none={isLoading ? 'Searching…' : none}
        onChoose={choose}
      />
      <FieldNotes id={id} hint={hint} error={error} />
    </div>
  )
}

/** What is typed, undefined while the list is closed, and which choice the arrows stand at. */
const useSearch = (
  choices: readonly SearchChoice[],
  onSearch: (text: string) => void,
  onChoose: (choice: SearchChoice) => void,
) => {
  const [typed, setTyped] = useState<string>()
  const [active, setActive] = useState(0)
  const isOpen = typed !== undefined
  const close = () => {
    setTyped(undefined)
    onSearch('')
  }
  const choose = (choice: SearchChoice | undefined) => {
    if (choice === undefined) return
    onChoose(choice)
    close()
  }
  const search = (text: string) => {
    setTyped(text)
    setActive(0)
    onSearch(text)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const taken = keyTaken(event.key, isOpen)
    if (taken === undefined) return
    // Also Escape: it would close the dialog around.
    event.preventDefault()
    if (taken === 'open') search('')
    else if (taken === 'close') close()
    else if (taken === 'choose') choose(choices[active])
    else setActive((at) => Math.min(choices.length - 1, Math.max(0, at + (taken === 'down' ? 1 : -1))))
  }
  const open = () => {
    if (!isOpen) search('')
  }
  return { typed, active, isOpen, open, search, close, choose, onKeyDown }
}

const Found = ({
  id,
  label,
  isOpen,
  choices,
  active,
  none,
  onChoose,
}: {
  id: string
  label: string
  isOpen: boolean
  choices: readonly SearchChoice[]
  active: number
  none: string
  onChoose: (choice: SearchChoice) => void
}) => (
  <ul
    id={`${id}-list`}
    role="listbox"
    aria-label={label}
    hidden={!isOpen}
    className="mt-1 max-h-52 overflow-y-auto rounded-lg border border-gray-600 bg-gray-900 p-1 text-sm"
  >
    {choices.map((choice, index) => (
      // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- keys go through the field, which keeps the focus
      <li
        key={choice.value}
        id={`${id}-${index}`}
        role="option"
        tabIndex={-1}
        aria-selected={index === active}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => onChoose(choice)}
        className={`cursor-pointer rounded px-3 py-2 ${index === active ? 'bg-blue-700 text-white' : 'text-gray-100 hover:bg-gray-700'}`}
      >
        {choice.text}
        {choice.more && <span className="block text-xs text-gray-300">{choice.more}</span>}
      </li>
    ))}
    {choices.length === 0 && <li className="px-3 py-2 text-gray-400">{none}</li>}
  </ul>
)

const keyTaken = (key: string, isOpen: boolean): 'open' | 'close' | 'choose' | 'down' | 'up' | undefined => {
  if (!isOpen) return key === 'ArrowDown' ? 'open' : undefined
  const taken = { ArrowDown: 'down', ArrowUp: 'up', Enter: 'choose', Escape: 'close' } as const
  return key in taken ? taken[key as keyof typeof taken] : undefined
}
