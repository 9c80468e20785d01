import type { QueryClient } from '@tanstack/react-query'

interface Turn {
  timer: ReturnType<typeof setTimeout>
  isAskedAgain: boolean
}

const turns = new WeakMap<QueryClient, Map<string, Turn>>()

/**
 * Asks for the answers of an operation again: at once if that was not done within `everyMs`, otherwise when they are
 * over, once for all that came meanwhile.
 */
export const askSoon = (client: QueryClient, name: string, everyMs = 3000): void => {
  const ofClient = turns.get(client) ?? new Map<string, Turn>()
  turns.set(client, ofClient)
  const waiting = ofClient.get(name)
  if (waiting) {
    waiting.isAskedAgain = true
    return
  }
  void client.invalidateQueries({ queryKey: [name] })
  const turn: Turn = {
    isAskedAgain: false,
    timer: setTimeout(() => {
      ofClient.delete(name)
      if (turn.isAskedAgain) askSoon(client, name, everyMs)
    }, everyMs),
  }
  ofClient.set(name, turn)
}

/** Forgets what waits for its turn. */
export const forgetSoon = (client: QueryClient): void => {
  for (const { timer } of turns.get(client)?.values() ?? []) clearTimeout(timer)
  turns.delete(client)
}
