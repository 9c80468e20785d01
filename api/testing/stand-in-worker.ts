import path from 'node:path'
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker'
import { queues } from '../../domain/rules/names.js'
import type { Db } from '../../drizzle/open.js'
import { setExecution } from '../../drizzle/testing/execution-rows.js'
import { temporalNamespace } from './config.js'
import type { StandInSteps } from './stand-in-flows.js'

/** Serves the control queue with a `run-flow` that stands still until it is told to end. */
export async function startStandIn(address: string, db: Db): Promise<AsyncDisposable> {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.resolve('api/testing/stand-in-flows.ts'),
    logger: new DefaultLogger('ERROR'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } },
    }),
  })
  const connection = await NativeConnection.connect({ address })
  const activities: StandInSteps = { write: ({ id, change }) => setExecution(db, id, change) }
  const worker = await Worker.create({
    connection,
    namespace: temporalNamespace(),
    taskQueue: queues.control,
    workflowBundle,
    activities,
    shutdownGraceTime: 0,
    shutdownForceTime: 5000,
  })
  const running = worker.run()
  return {
    [Symbol.asyncDispose]: async () => {
      worker.shutdown()
      await running
      await connection.close()
    },
  }
}
