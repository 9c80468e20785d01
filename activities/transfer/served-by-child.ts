import { setTimeout as sleep } from 'node:timers/promises'
import type { End } from '../blocks/end.js'
import { spawnChild } from '../processes/spawn-child.js'
import type { Child, SpawnOptions } from '../processes/spawn-child.js'
import type { ServedEnd } from './reopenable-end.js'

/** What a server that nobody waits for any more may take to end, in the middle of a read or stopped. */
const hurriedGraceMs = 300
const graceMs = 2000
const readyTimeoutMs = 30_000

interface ServeOptions<E extends End> {
  readonly child: Omit<SpawnOptions, 'graceMs' | 'readyTimeoutMs'>
  /** Connects to the server that runs. */
  readonly connect: (server: Child) => Promise<E>
  /** True once replies on their way are of no use to anybody. */
  readonly isOver?: () => boolean
}

/** Starts a server and connects to it; nothing is left where either fails. */
export async function servedByChild<E extends End>({
  child,
  connect,
  isOver = () => false,
}: ServeOptions<E>): Promise<ServedEnd<E>> {
  let isHurried = false
  const server = await spawnChild({
    ...child,
    readyTimeoutMs,
    graceMs: () => (isHurried || isOver() ? hurriedGraceMs : graceMs),
  })
  try {
    const end = await connect(server)
    const abandon = (): Promise<void> => {
      isHurried = true
      return endBoth(server, end)
    }
    return {
      end,
      abandon,
      // Replies on their way are not waited for: the server goes first, and they with it.
      close: () => (isOver() ? abandon() : endBoth(end, server)),
      fate: () => fateOf(server, child.program),
    }
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

const endBoth = async (first: AsyncDisposable, second: AsyncDisposable): Promise<void> => {
  try {
    await first[Symbol.asyncDispose]()
  } finally {
    await second[Symbol.asyncDispose]()
  }
}

// A socket may tell of a server's end before the system does.
const exitMs = 100

const fateOf = async ({ exited, stderrTail }: Child, program: string): Promise<string> => {
  const exit = await Promise.race([exited, sleep(exitMs, undefined)])
  const name = program.split('/').at(-1) ?? program
  if (exit === undefined) return `${name} still runs, but its connection was lost or stood still`
  const said = stderrTail().trim().split('\n').at(-1)?.slice(0, 200) ?? ''
  const how = exit.signal === null ? `ended with status ${exit.code}` : `was ended by ${exit.signal}`
  return `${name} ${how}${said === '' ? '' : `: ${said}`}`
}
