import type { ReactNode } from 'react'

type FactList = readonly (readonly [string, ReactNode])[]

/** Names and values of one thing, as a description list. */
export const Facts = ({ facts }: { facts: FactList }) => (
  <FactGrid facts={facts} columns="grid-cols-[minmax(6.5rem,auto)_minmax(0,1fr)]" />
)

/** Two lists beside each other; where they stand one below the other, their values stand in line. */
export const FactColumns = ({ left, right }: { left: FactList; right: FactList }) => (
  <div className="@container">
    <div className="grid gap-x-10 gap-y-2 @3xl:grid-cols-2">
      {[left, right].map((facts, index) => (
        <FactGrid key={index} facts={facts} columns="grid-cols-[8.5rem_minmax(0,1fr)]" />
      ))}
    </div>
  </div>
)

const FactGrid = ({ facts, columns }: { facts: FactList; columns: string }) => (
  <dl className={`grid ${columns} content-start gap-x-4 gap-y-2 text-sm`}>
    {facts.map(([name, value]) => (
      <div key={name} className="contents">
        <dt className="text-gray-400">{name}</dt>
        <dd className="min-w-0 break-words text-gray-100">{value}</dd>
      </div>
    ))}
  </dl>
)
