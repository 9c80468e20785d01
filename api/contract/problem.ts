import { z } from 'zod'
import { failureCodes } from '../../domain/failure.js'

/** Codes that only the door knows; the rest are the product's failure codes. */
const doorCodes = [
  'unauthenticated',
  'forbidden',
  'csrf',
  'must-change-password',
  'too-many-requests',
  'too-large',
  'unprocessable',
  'idempotency-mismatch',
] as const
const problemCodes = [...failureCodes, ...doorCodes] as const
export const ProblemCode = z.enum(problemCodes)
export type ProblemCode = z.infer<typeof ProblemCode>

/** One place of a request that is wrong; `path` is like `body.vm_ids.0`. */
export const ProblemDetail = z.object({ path: z.string(), message: z.string() })
export type ProblemDetail = z.infer<typeof ProblemDetail>

export const Candidate = z.object({
  vm_context_id: z.string(),
  vm_name: z.string(),
  vm_path: z.string(),
  vcenter_host: z.string(),
})
export type Candidate = z.infer<typeof Candidate>

/** RFC 9457 problem+json; `error` repeats `detail` for the clients of the seeds. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: ProblemCode,
  errors: z.array(ProblemDetail),
  /** What to do next, one sentence; null where nothing helps. */
  remedy: z.string().nullable(),
  error: z.string(),
  /** The numbers and names behind the sentence, e.g. `needed_bytes` and `free_bytes` with 507. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  /** With 409 for a busy VM: the backup that runs. */
  running_backup_id: z.string().optional(),
  /** With 409 for a flow that runs: its open execution. */
  running_execution_id: z.string().optional(),
  /** With 409 for an ambiguous name: the VMs that bear it. */
  candidates: z.array(Candidate).optional(),
})
export type Problem = z.infer<typeof Problem>
