/** One number of a `<dl>` with its name above it. */
export const NumberFact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt className="text-xs text-gray-400">{name}</dt>
    <dd className="text-base font-semibold text-white tabular-nums">{value}</dd>
  </div>
)
