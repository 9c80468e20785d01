import { CheckCircleIcon, XCircleIcon } from '@heroicons/react/24/outline'
import { useEffect } from 'react'
import type { PlatformView } from '../../../api/contract/platforms.js'
import type { PlatformCheck } from '../../../domain/platform.js'
import { Dialog } from '../../ui/dialog.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import { QueryStates } from '../../ui/query-states.js'
import { useTestPlatform } from './use-test-platform.js'

/** Runs the self-check of a platform and shows its lines. */
export const TestPlatformDialog = ({
  platform,
  onClose,
}: {
  platform: PlatformView
  onClose: () => void
}) => {
  const test = useTestPlatform(platform.id)
  const { mutate } = test
  useEffect(() => mutate(), [mutate])
  return (
    <Dialog title={`Test of ${platform.name}`} onClose={onClose}>
      <div className="space-y-3">
        {platform.tls.mode === 'insecure' && <InsecureWarning />}
        <QueryStates
          asked={{ data: test.data, error: test.error, refetch: () => test.mutate() }}
          loading={`Testing ${platform.host}`}
        >
          {({ ok, checks }) => (
            <>
              <p role="status" className="font-medium text-white">
                {ok ? 'All checks passed' : 'Some checks failed'}
              </p>
              <ul className="space-y-2">
                {checks.map((check) => (
                  <CheckLine key={check.name} check={check} />
                ))}
              </ul>
            </>
          )}
        </QueryStates>
      </div>
    </Dialog>
  )
}

const CheckLine = ({ check }: { check: PlatformCheck }) => (
  <li className="flex items-start gap-2 rounded-lg bg-gray-700/50 p-3 text-sm">
    {check.ok ? (
      <CheckCircleIcon aria-hidden="true" className="h-5 w-5 shrink-0 text-green-400" />
    ) : (
      <XCircleIcon aria-hidden="true" className="h-5 w-5 shrink-0 text-red-400" />
    )}
    <span className="min-w-0 break-words">
      <span className="font-medium text-white">{check.name}</span>
      <span className="sr-only">{check.ok ? ' passed' : ' failed'}</span>
      <span className="block text-gray-300">{check.detail}</span>
      {check.remedy !== null && <span className="block text-yellow-200">What to do: {check.remedy}</span>}
    </span>
  </li>
)
