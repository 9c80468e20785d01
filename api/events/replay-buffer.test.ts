import { newReplayBuffer } from './replay-buffer.js'

const newBuffer = (capacity: number) => {
  let epoch = 0
  return newReplayBuffer(capacity, () => `e${(epoch += 1)}`)
}
const numbers = (events: readonly { data: unknown }[] | null) => events?.map((event) => event.data)

test('a client gets what came after the event it saw last', () => {
  const buffer = newBuffer(10)
  const seen = buffer.add('backups', 1)
  buffer.add('backups', 2)
  buffer.add('platforms', 3)
  expect(numbers(buffer.after(seen.id))).toEqual([2, 3])
  expect(numbers(buffer.after(buffer.position()))).toEqual([])
})

test('what fell out of the buffer cannot be replayed', () => {
  const buffer = newBuffer(2)
  const ids = [1, 2, 3, 4].map((data) => buffer.add('backups', data).id)
  expect(numbers(buffer.after(ids[1] ?? ''))).toEqual([3, 4])
  expect(buffer.after(ids[0] ?? '')).toBeNull()
})

test.each(['', 'x', 'e1-', 'e1-9', 'other-1', 'e1-1x'])('the id %p is unknown', (id) => {
  const buffer = newBuffer(10)
  buffer.add('backups', 1)
  expect(buffer.after(id)).toBeNull()
})

test('after a restart the old ids are unknown', () => {
  const buffer = newBuffer(10)
  const { id } = buffer.add('backups', 1)
  buffer.restart()
  expect(buffer.after(id)).toBeNull()
  expect(numbers(buffer.after(buffer.position()))).toEqual([])
})
