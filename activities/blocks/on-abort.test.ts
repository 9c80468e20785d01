import { onAbort } from './on-abort.js'

test('each listener is called once, and not after it stopped listening', () => {
  const abort = new AbortController()
  const calls: string[] = []
  onAbort(abort.signal, () => calls.push('first'))
  const ignore = onAbort(abort.signal, () => calls.push('second'))
  ignore()
  abort.abort()
  expect(calls).toEqual(['first'])
})

test('a signal that aborted before is not waited for', () => {
  const calls: string[] = []
  onAbort(AbortSignal.abort(), () => calls.push('at once'))
  const abort = new AbortController()
  onAbort(abort.signal, () => calls.push('before'))
  abort.abort()
  onAbort(abort.signal, () => calls.push('after'))
  expect(calls).toEqual(['at once', 'before', 'after'])
})
