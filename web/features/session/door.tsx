import { ShieldCheckIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'

/** The frame of the pages before the shell. */
export const Door = ({ title, children }: { title: string; children: ReactNode }) => (
  <main className="flex min-h-full items-center justify-center bg-gray-900 p-4">
    <div className="w-full max-w-md rounded-lg border border-gray-700 bg-gray-800 p-8">
      <p className="mb-6 flex items-center gap-2 text-lg font-semibold text-white">
        <ShieldCheckIcon aria-hidden="true" className="h-7 w-7 text-blue-400" />
        Sendense
      </p>
      <h1 className="mb-5 text-xl font-semibold text-white">{title}</h1>
      {children}
    </div>
  </main>
)
