/** Placeholder lines while the first answer is on its way. */
export const Skeleton = ({ label, lines = 5 }: { label: string; lines?: number }) => (
  <div role="status" aria-label={label} className="animate-pulse space-y-3">
    {Array.from({ length: lines }, (_, line) => (
      <div key={line} className="h-9 rounded-lg bg-gray-800" />
    ))}
    <span className="sr-only">{label}</span>
  </div>
)
