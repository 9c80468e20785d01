import type { ReactNode } from 'react'
import { Component } from 'react'
import { FailureNote } from '../ui/failure-note.js'

/** Shows a failure of the page itself instead of an empty window. A class: React has no other way. */
export class PageBoundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {}

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children
    return (
      <main className="p-8">
        <FailureNote error={this.state.error} onRetry={() => window.location.reload()} />
      </main>
    )
  }
}
