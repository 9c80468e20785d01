import { DefaultLogger, Runtime } from '@temporalio/worker'
import pino from 'pino'
import type { Logger } from 'pino'

/** JSON lines on stderr; stdout belongs to the readiness line. What could be a secret is never passed here. */
export function openLog(): Logger {
  const log = pino(
    { base: { process: 'worker' }, redact: ['password', 'secret', '*.password', '*.secret'] },
    pino.destination(2),
  )
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const facts = {
        temporal: level,
        workflowId: meta?.['workflowId'] as unknown,
        step: meta?.['activityType'] as unknown,
        error: errorOf(meta?.['error']),
      }
      log[level === 'ERROR' ? 'error' : 'warn'](facts, message)
    }),
    shutdownSignals: [],
  })
  return log
}

const errorOf = (error: unknown): string | undefined =>
  error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : undefined
