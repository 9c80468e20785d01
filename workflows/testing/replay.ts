import { join } from 'node:path'
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import type { temporal } from '@temporalio/proto'

type History = temporal.api.history.v1.IHistory

let quiet: Runtime | undefined
const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** Once a process: keeps the SDK's own words out of the tests'. */
export const quietRuntime = (): void => {
  quiet ??= Runtime.install({ logger: new DefaultLogger('ERROR') })
}

/** The workflows as the worker bundles them, interceptors included. */
export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: join(__dirname, '../all.ts'),
    workflowInterceptorModules: [join(__dirname, '../interceptors.ts')],
    logger: silent,
  })

/** Resolves when today's workflow code takes the recorded run's decisions; rejects with the first that differs. */
export const replay = (
  workflowBundle: WorkflowBundleWithSourceMap,
  history: History,
  workflowId: string,
): Promise<void> => {
  quietRuntime()
  return Worker.runReplayHistory({ workflowBundle }, history, workflowId)
}
