import fc from 'fast-check'

import { noise } from '../testing/scratch.js'
import { createReceiver, type Receiver } from './receiver.js'

const stream = noise(5000, 1)

const neverTooMuch = (): never => {
  throw new Error('more came than fits')
}

/** Receives buffers of these sizes one after the other; returns them as they fill. */
const receiveAll = (receiver: Receiver, sizes: readonly { bytes: number; ahead: number }[]): Buffer[] => {
  const got: Buffer[] = []
  const next = (): void => {
    const size = sizes[got.length]
    if (size === undefined) return
    const into = Buffer.alloc(size.bytes)
    receiver.receive(
      into,
      () => {
        got.push(into)
        next()
      },
      size.ahead,
    )
  }
  next()
  return got
}

const sizes = fc.array(fc.record({ bytes: fc.nat({ max: 400 }), ahead: fc.nat({ max: 100 }) }), {
  maxLength: 12,
})
const arrivals = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 })

/** As the kernel does: fills the buffer that it was given, which it was given after the last bytes. */
const land = (receiver: Receiver, counts: readonly number[]): void => {
  let at = 0
  let into = receiver.nextBuffer()
  for (const count of counts) {
    const bytes = stream.copy(into, 0, at, Math.min(at + count, stream.length))
    if (bytes === 0) return
    at += bytes
    receiver.landed(bytes)
    into = receiver.nextBuffer()
  }
}

const take = (receiver: Receiver, counts: readonly number[]): void => {
  let at = 0
  for (const count of counts) {
    if (at < stream.length) receiver.take(Buffer.from(stream.subarray(at, at + count)))
    at += count
  }
}

test.each([
  { name: 'without a copy', comeIn: land },
  { name: 'with one copy', comeIn: take },
])('whatever sizes bytes come in ($name), receivers get them in order', ({ comeIn }) => {
  fc.assert(
    fc.property(sizes, arrivals, (wanted, counts) => {
      const receiver = createReceiver(neverTooMuch)
      const got = receiveAll(receiver, wanted)
      comeIn(receiver, counts)
      let at = 0
      for (const buffer of got) {
        expect(buffer.equals(stream.subarray(at, at + buffer.length))).toBe(true)
        at += buffer.length
      }
      const came = Math.min(
        counts.reduce((sum, count) => sum + count, 0),
        stream.length,
      )
      // Bytes for a receiver that is not full yet count as received, in part.
      const next = wanted[got.length]
      if (next === undefined && comeIn === take) expect(receiver.unasked()).toBe(came - at)
      if (next !== undefined) expect(receiver.unasked()).toBe(0)
      if (next !== undefined && comeIn === take) expect(came - at).toBeLessThan(next.bytes)
    }),
  )
})

test('bytes that nobody asks for are kept for later receivers, up to 64 KiB', () => {
  let overflows = 0
  const receiver = createReceiver(() => overflows++)
  receiver.take(stream.subarray(0, 3000))
  receiver.take(stream.subarray(3000))
  expect(receiver.unasked()).toBe(5000)
  const got = receiveAll(receiver, [
    { bytes: 4000, ahead: 0 },
    { bytes: 1000, ahead: 0 },
  ])
  expect(Buffer.concat(got)).toEqual(stream)
  receiver.take(Buffer.alloc(65_536))
  expect(overflows).toBe(0)
  receiver.take(Buffer.alloc(1))
  expect(overflows).toBe(1)
})
