import type { DecidedDueTime } from '../../drizzle/queries/execution-events.js'
import type { EventTopic } from '../contract/events.js'
import type { ExecutionResponse } from '../contract/executions.js'
import { newWatchedIds } from './watched-ids.js'

export interface ExecutionReads {
  /** All open executions, the newest, and those that are named. */
  readonly readExecutions: (watched: readonly string[]) => Promise<readonly ExecutionResponse[]>
  readonly readDueTimes: (since: string) => Promise<readonly DecidedDueTime[]>
}

export interface ExecutionWatch {
  /** Tells what has changed since the last look. */
  look(publish: (topic: EventTopic, data: unknown) => void): Promise<void>
  /** Looks at this one too, for ten minutes. */
  watch(id: string): void
  forget(): void
}

// Clocks of several workers differ, and a row is seen when its transaction ends.
const overlapMs = 10_000

// A thousand flows that are due together are one piece of news: the page asks once, and the buffer keeps the rest.
const mostNamed = 50

const isOpen = ({ completed_at: ended }: ExecutionResponse): boolean => ended === null

export function newExecutionWatch(reads: ExecutionReads): ExecutionWatch {
  const watched = newWatchedIds()
  let known: Map<string, ExecutionResponse> | null = null
  let decided: { since: string; seen: Set<string> } | null = null

  const compare = (
    executions: readonly ExecutionResponse[],
    publish: (topic: EventTopic, data: unknown) => void,
  ): void => {
    const before = known
    known = new Map(executions.map((execution) => [execution.id, execution]))
    for (const execution of executions) {
      const then = before?.get(execution.id)
      // At the first look there is nothing to compare with: what is open may have changed since the page asked.
      const isNews = before === null ? isOpen(execution) : JSON.stringify(then) !== JSON.stringify(execution)
      if (!isNews) continue
      publish('executions', execution)
      if (then?.status !== execution.status) publish('flows', { id: execution.flow_id })
    }
  }

  const lookAtDueTimes = async (publish: (topic: EventTopic, data: unknown) => void): Promise<void> => {
    const since = decided?.since ?? new Date().toISOString()
    const rows = await reads.readDueTimes(new Date(Date.parse(since) - overlapMs).toISOString())
    const fresh = decided === null ? [] : rows.filter((row) => decided?.seen.has(row.id) !== true)
    decided = { since: rows.at(-1)?.created_at ?? since, seen: new Set(rows.map((row) => row.id)) }
    const flows = [...new Set(fresh.map((row) => row.flow_id))]
    if (flows.length > mostNamed) publish('flows', { id: null })
    else for (const flow of flows) publish('flows', { id: flow })
    for (const schedule of new Set(fresh.flatMap((row) => row.schedule_id ?? [])))
      publish('schedules', { id: schedule })
  }

  return {
    async look(publish) {
      // What was open is looked at once more: its end is news, and it may stand far down the list.
      const open = [...(known?.values() ?? [])].filter(isOpen).map((execution) => execution.id)
      compare(await reads.readExecutions([...new Set([...watched.ids(), ...open])]), publish)
      await lookAtDueTimes(publish)
    },
    watch: watched.add,
    forget() {
      known = null
      decided = null
    },
  }
}
