import type { ReactNode } from 'react'

/** Names and values of one thing, as a description list. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) => (
  <dl className="grid grid-cols-[minmax(6.5rem,auto)_minmax(0,1fr)] content-start gap-x-4 gap-y-2 text-sm">
    {facts.map(([name, value]) => (
      <div key={name} className="contents">
        <dt className="text-gray-400">{name}</dt>
        <dd className="min-w-0 break-words text-gray-100">{value}</dd>
      </div>
    ))}
  </dl>
)
