import { ArrowTopRightOnSquareIcon } from '@heroicons/react/24/outline'

/** The workflow that carries something, with the way to it in Temporal's own pages. */
export const WorkflowLink = ({
  of: { workflow_id: id, temporal_url: url },
}: {
  of: { readonly workflow_id: string; readonly temporal_url: string | null }
}) => (
  <>
    <span className="block break-all">{id}</span>
    {url !== null && (
      <a
        href={url}
        target="_blank"
        rel="noreferrer"
        className="inline-flex items-center gap-1 text-blue-400 underline"
      >
        Open workflow in Temporal
        <ArrowTopRightOnSquareIcon aria-hidden="true" className="h-4 w-4" />
        <span className="sr-only">(new tab)</span>
      </a>
    )}
  </>
)
