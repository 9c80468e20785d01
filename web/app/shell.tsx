import type { ReactNode } from 'react'
import type { PublicUser } from '../../api/contract/auth.js'
import { Navigation } from './navigation.js'

/** Navigation, content and VM context side by side; the context goes below the content on narrow screens. */
export const Shell = ({
  user,
  context,
  children,
}: {
  user: PublicUser
  context: ReactNode
  children: ReactNode
}) => (
  <div className="flex h-full bg-gray-50 dark:bg-gray-900">
    <a
      href="#content"
      className="sr-only z-10 rounded-lg bg-blue-700 p-2 text-white focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
    >
      Skip to content
    </a>
    <Navigation user={user} />
    <div className="flex min-w-0 flex-1 flex-col overflow-y-auto lg:flex-row lg:overflow-hidden">
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 p-6 lg:overflow-y-auto">
        {children}
      </main>
      <aside
        aria-label="VM context"
        className="shrink-0 border-t border-gray-700 bg-gray-800 p-5 lg:w-72 lg:overflow-y-auto lg:border-t-0 lg:border-l xl:w-80"
      >
        {context}
      </aside>
    </div>
  </div>
)
