import type { End } from '../blocks/end.js'
import { memoryEnd } from '../blocks/memory-end.js'
import { openReopenable } from './reopenable-end.js'
import type { ServedEnd } from './reopenable-end.js'

const signal = new AbortController().signal

/** Servers that are counted, and open when the test says so. */
const servers = () => {
  const alive = new Set<number>()
  let count = 0
  let gate: Promise<unknown> = Promise.resolve()
  return {
    alive,
    hold: (until: Promise<unknown>) => void (gate = until),
    async open(): Promise<ServedEnd<End>> {
      const one = ++count
      await gate
      alive.add(one)
      const close = async (): Promise<void> => void alive.delete(one)
      return { end: memoryEnd(512), close, abandon: close, fate: () => Promise.resolve('it died') }
    },
  }
}

test('the old server is gone before the new one is opened, and disposing ends the one there is', async () => {
  const { alive, open } = servers()
  const end = await openReopenable({ signal, withinMs: 1000, open })
  await end.reopen(signal)
  expect([...alive]).toEqual([2])
  await end[Symbol.asyncDispose]()
  expect([...alive]).toEqual([])
})

test('a server that is opened when nobody waits for it any more is ended, too', async () => {
  const { alive, open, hold } = servers()
  const end = await openReopenable({ signal, withinMs: 60_000, open })
  let letGo = (): void => undefined
  hold(new Promise<void>((resolve) => (letGo = resolve)))
  const stopping = new AbortController()
  const opening = end.reopen(stopping.signal)
  stopping.abort(new Error('cancelled'))
  await expect(opening).rejects.toThrow('cancelled')
  const disposing = end[Symbol.asyncDispose]()
  letGo()
  await disposing
  expect([...alive]).toEqual([])
})

test('an opening that hangs is given up when the time since the loss is over', async () => {
  const { open, hold } = servers()
  const end = await openReopenable({ signal, withinMs: 30, open })
  hold(new Promise(() => {}))
  await expect(end.reopen(signal)).rejects.toThrow('not back in time')
})

test('what failed halfway is tried again from there, and told once: lost, and back', async () => {
  const { alive, open } = servers()
  const told: string[] = []
  let failures = 0
  const end = await openReopenable({
    signal,
    withinMs: 60_000,
    open: () => (failures-- > 0 ? Promise.reject(new Error('no server')) : open()),
    watch: {
      lost: (where, why) => void told.push(`lost ${where}: ${why}`),
      back: () => void told.push('back'),
      gone: () => void told.push('gone'),
    },
  })
  failures = 2
  await expect(end.reopen(signal)).rejects.toThrow('no server')
  await expect(end.reopen(signal)).rejects.toThrow('no server')
  await end.reopen(signal)
  expect(alive.size).toBe(1)
  expect(told).toEqual([expect.stringMatching(/^lost .*: it died$/), 'back'])
  failures = 1
  await expect(end.reopen(signal)).rejects.toThrow('no server')
  await end[Symbol.asyncDispose]()
  expect(told.slice(2)).toEqual([expect.stringMatching(/^lost/), 'gone'])
})
