import type { Flow } from '../../domain/flow.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { VmGroup } from '../../domain/vm-group.js'

/** A VM that a flow protects; `because`: how it came to, for people. */
export interface TargetVm {
  readonly context: VmContext
  readonly priority: number
  readonly because: string
}

export interface ResolvedTarget {
  /** Null where the target is a VM. */
  readonly group: VmGroup | null
  /** In the order in which a run begins them. */
  readonly vms: readonly TargetVm[]
  /** Named by a membership or a rule, and left out. */
  readonly leftOut: readonly Omit<TargetVm, 'priority'>[]
}

export type Target = Pick<Flow, 'target_type' | 'target_id'>
