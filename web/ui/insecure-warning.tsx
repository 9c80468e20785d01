import { ExclamationTriangleIcon } from '@heroicons/react/24/outline'
import { insecureMeaning } from '../lib/insecure.js'

/** Stands wherever a platform is used whose certificate nobody checks. */
export const InsecureWarning = ({ isAlert = false }: { isAlert?: boolean }) => (
  <p
    role={isAlert ? 'alert' : 'note'}
    className="flex items-start gap-2 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-sm text-yellow-200"
  >
    <ExclamationTriangleIcon aria-hidden="true" className="h-5 w-5 shrink-0" />
    <span className="min-w-0">{insecureMeaning}</span>
  </p>
)
