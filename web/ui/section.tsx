import type { ReactNode } from 'react'
import { useId } from 'react'

/** A titled part of a page. */
export const Section = ({ title, children }: { title: string; children: ReactNode }) => {
  const id = useId()
  return (
    <section aria-labelledby={id} className="mt-8">
      <h2 id={id} className="mb-3 text-lg font-semibold text-white">
        {title}
      </h2>
      {children}
    </section>
  )
}
