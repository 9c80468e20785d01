import { XMarkIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'
import { useEffect, useId, useLayoutEffect, useRef } from 'react'

/**
 * A modal on the browser's own `<dialog>`: focus is kept inside, Escape closes, and focus returns to where it
 * was. Render it only while it is open.
 */
export const Dialog = ({
  title,
  onClose,
  isWide = false,
  children,
}: {
  title: string
  onClose: () => void
  isWide?: boolean
  children: ReactNode
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const closeButton = useRef<HTMLButtonElement>(null)
  const hasStarted = useRef(false)
  const titleId = useId()
  useLayoutEffect(() => {
    const opener = document.activeElement
    const element = dialog.current
    element?.showModal()
    return () => {
      // React removes the element, and a removed dialog gives no focus back: close it first.
      element?.close()
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  // The browser would start at the close button; the first field is where the work is, also when it comes later.
  useEffect(() => {
    if (hasStarted.current || document.activeElement !== closeButton.current) return
    const field = dialog.current?.querySelector<HTMLElement>('form input:not([hidden]), form select')
    hasStarted.current = field instanceof HTMLElement
    field?.focus()
  })
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      className={`m-auto max-h-[90dvh] w-[calc(100%-2rem)] overflow-y-auto rounded-lg border border-gray-700 bg-gray-800 p-0 text-gray-100 shadow-xl ${isWide ? 'max-w-5xl' : 'max-w-xl'}`}
    >
      <div className="flex items-center justify-between border-b border-gray-700 px-6 py-4">
        <h2 id={titleId} className="text-lg font-semibold text-white">
          {title}
        </h2>
        <button
          ref={closeButton}
          type="button"
          aria-label="Close"
          onClick={onClose}
          className="rounded-lg p-1.5 text-gray-400 hover:bg-gray-700 hover:text-white"
        >
          <XMarkIcon aria-hidden="true" className="h-5 w-5" />
        </button>
      </div>
      <div className="px-6 py-5">{children}</div>
    </dialog>
  )
}
