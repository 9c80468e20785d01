jest.mock('@temporalio/workflow', () => ({
  CancellationScope: { nonCancellable: <T>(work: () => Promise<T>) => work() },
  log: { warn: () => undefined },
}))
import { newUndo } from './undo.js'

test('undoes the last thing first, goes on after a failure, and says what is left', async () => {
  const undo = newUndo()
  const done: string[] = []
  undo.push('lease', async () => done.push('lease'))
  undo.push('snapshot', () => Promise.reject(new Error('away')))
  undo.push('files', async () => done.push('files'))
  await expect(undo.run()).resolves.toEqual({ pending: ['snapshot'] })
  expect(done).toEqual(['files', 'lease'])
  await expect(undo.run()).resolves.toEqual({ pending: [] })
})

test('leaves alone what was kept', async () => {
  const undo = newUndo()
  const removed = jest.fn(async () => undefined)
  undo.push('files', removed)
  undo.keep('files')
  await undo.run()
  expect(removed).not.toHaveBeenCalled()
})

test('undoes a part now, and what could not be undone is tried again in the end', async () => {
  const undo = newUndo()
  const done: string[] = []
  let isAway = true
  undo.push('lease', async () => done.push('lease'))
  undo.push('snapshot', () =>
    isAway ? Promise.reject(new Error('away')) : Promise.resolve(done.push('snapshot')),
  )
  undo.push('files', async () => done.push('files'))
  await expect(undo.runOnly(['files', 'snapshot'])).resolves.toEqual({ pending: ['snapshot'] })
  expect(done).toEqual(['files'])
  isAway = false
  await expect(undo.runOnly(['files', 'snapshot'])).resolves.toEqual({ pending: [] })
  await undo.run()
  expect(done).toEqual(['files', 'snapshot', 'lease'])
})
