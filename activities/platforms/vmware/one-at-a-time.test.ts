import { oneAtATime } from './one-at-a-time.js'

test('work of one key runs in order, that of others beside it, and a failure does not stop the next', async () => {
  const run = oneAtATime()
  const seen: string[] = []
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const first = run('a', async () => {
    await held
    seen.push('first')
    throw new Error('first failed')
  })
  const second = run('a', async () => seen.push('second'))
  await run('b', async () => seen.push('other'))
  release()
  await expect(first).rejects.toThrow('first failed')
  await second
  expect(seen).toEqual(['other', 'first', 'second'])
})
