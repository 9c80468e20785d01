import type { FlowCheck } from '../domain/flow-check.js'
import type { TestFlowInput } from '../domain/operations.js'

/** Steps of `test-flow`: they read only. */
export interface FlowTestSteps {
  /** On the control queue: what our own records tell, and whom to ask for the rest. */
  planFlowTest(input: TestFlowInput): Promise<FlowTestPlan>
}

export interface FlowTestPlan {
  readonly checks: readonly FlowCheck[]
  readonly platforms: readonly PlatformQuestion[]
  readonly repository: RepositoryQuestion | null
}

export interface PlatformQuestion {
  readonly platformId: string
  readonly name: string
  readonly site: string
  /** At most fifty of all platforms together. */
  readonly vmContextIds: readonly string[]
}

export interface RepositoryQuestion {
  readonly repositoryId: number
  readonly name: string
  /** What the next execution may need, as far as it can be known before. */
  readonly neededBytes: number
}

/** Asked of the queue that reaches the platform. */
export interface CheckVmsInput {
  readonly platformId: string
  readonly vmContextIds: readonly string[]
}
