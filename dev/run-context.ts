import type { Endpoints } from './endpoints.js'
import type { Layout } from './layout.js'
import type { LabReady } from './services/lab.js'

/** A running product as the demo sees it. */
export interface RunContext {
  readonly layout: Layout
  readonly endpoints: Endpoints
  readonly adminPasswordFile: string
  /** Null with --no-lab. */
  readonly lab: (LabReady & { readonly passwordFile: string }) | null
  readonly say: (line: string) => void
  /** Aborted when the person at the terminal wants to stop. */
  readonly signal: AbortSignal
}
