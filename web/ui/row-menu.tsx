import { EllipsisVerticalIcon } from '@heroicons/react/24/outline'
import type { KeyboardEvent } from 'react'
import { useId, useRef } from 'react'

export interface MenuAction {
  readonly text: string
  readonly onChoose: () => void
  readonly isDisabled?: boolean
  readonly isDangerous?: boolean
}

/**
 * More actions of a row, on the browser's own popover: Escape and a click elsewhere close it, focus goes back. It
 * stands in the top layer, where the table's edges do not cut it off.
 */
export const RowMenu = ({ label, actions }: { label: string; actions: readonly MenuAction[] }) => {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)
  const items = () => [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]:enabled') ?? [])]
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next = nextItem(event.key, at, all.length)
    if (next === undefined) return
    event.preventDefault()
    all[next]?.focus()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        popoverTarget={id}
        className="rounded-lg border border-gray-500 p-1 text-gray-200 hover:bg-gray-700"
      >
        <EllipsisVerticalIcon aria-hidden="true" className="h-5 w-5" />
      </button>
      <div
        ref={menu}
        id={id}
        role="menu"
        aria-label={label}
        popover="auto"
        tabIndex={-1}
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          if (event.newState !== 'open') return
          place(menu.current, button.current)
          items()[0]?.focus()
        }}
        className="m-0 min-w-44 rounded-lg border border-gray-600 bg-gray-800 p-1 text-sm text-gray-100 shadow-xl"
      >
        {actions.map(({ text, onChoose, isDisabled = false, isDangerous = false }) => (
          <button
            key={text}
            type="button"
            role="menuitem"
            disabled={isDisabled}
            onClick={() => {
              // First, so that a dialog finds the focus where it is to come back.
              menu.current?.hidePopover()
              button.current?.focus()
              onChoose()
            }}
            className={`block w-full rounded px-3 py-2 text-left hover:bg-gray-700 disabled:text-gray-500 ${isDangerous ? 'text-red-300' : ''}`}
          >
            {text}
          </button>
        ))}
      </div>
    </>
  )
}

const nextItem = (key: string, at: number, count: number): number | undefined => {
  switch (key) {
    case 'ArrowDown':
      return (at + 1) % count
    case 'ArrowUp':
      return (at - 1 + count) % count
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}

/** Below the button, right edges in line; above it where the window ends. */
const place = (menu: HTMLElement | null, button: HTMLElement | null): void => {
  if (menu === null || button === null) return
  const at = button.getBoundingClientRect()
  const below = at.bottom + menu.offsetHeight + 8 < window.innerHeight
  menu.style.inset = 'auto'
  menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`
}
