/** Who holds or waits: the workflow id and the run id of its *first* execution (it outlives continue-as-new). */
export interface LeaseOwner {
  readonly workflowId: string
  readonly runId: string
}

export const isSameOwner = (one: LeaseOwner, other: LeaseOwner): boolean =>
  one.workflowId === other.workflowId && one.runId === other.runId

/** The columns that name an owner, in every table that has one. */
export const ownerColumns = ({ workflowId, runId }: LeaseOwner) => ({
  owner_workflow_id: workflowId,
  owner_run_id: runId,
})
