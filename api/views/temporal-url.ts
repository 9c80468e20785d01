import type { ApiContext } from '../context.js'

/** A run in the Temporal UI, through our own login; null where no UI is set up. */
export function temporalUrl(
  context: Pick<ApiContext, 'temporalUiUrl' | 'temporal'>,
  run: { readonly workflow_id: string; readonly run_id: string | null },
): string | null {
  if (context.temporalUiUrl === undefined) return null
  const { namespace } = context.temporal.options
  const parts = [
    namespace,
    'workflows',
    run.workflow_id,
    ...(run.run_id === null ? [] : [run.run_id, 'history']),
  ]
  return `/temporal/namespaces/${parts.map(encodeURIComponent).join('/')}`
}
