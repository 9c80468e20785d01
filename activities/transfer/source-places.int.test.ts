import { createPlaces } from '../blocks/places.js'
import type { DiskReader } from '../platforms/platform.js'
import { eventually, scratch } from '../processes/testing/scratch.js'
import { openSource } from './open-ends.js'
import type { TransferDependencies } from './dependencies.js'

jest.setTimeout(60_000)

test('no more connections to the disks of a platform than it has places, and a copy that ends gives its own back', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const programs = { nbdkit: 'nbdkit', qemuNbd: 'qemu-nbd' }
  const needs = { guard, runDir: dir.path('.'), programs } as unknown as TransferDependencies
  const reader: DiskReader = {
    kind: 'nbdkit',
    transport: 'vddk',
    pluginArgs: ['memory', '1M'],
    secrets: [],
  }
  const places = createPlaces(3)
  const open = (diskId: string, signal = new AbortController().signal) =>
    openSource(needs, reader, { jobId: 'job', diskId, attemptNo: 1 }, signal, { places })

  const first = await open('first')
  expect(places.taken).toBe(2)
  // One is left: a copy goes on with fewer connections than it would like.
  const second = await open('second')
  expect(places.taken).toBe(3)
  const abort = new AbortController()
  const refused = open('refused', abort.signal)
  const third = open('third')
  await eventually('both wait for a place', () => places.waiting === 2, 20_000)
  abort.abort(new Error('cancelled'))
  await expect(refused).rejects.toThrow('cancelled')

  await first[Symbol.asyncDispose]()
  const opened = await third
  expect(await opened.end.status(0, 2 ** 20)).toEqual([
    { offset: 0, length: 2 ** 20, hole: true, zero: true },
  ])
  await opened[Symbol.asyncDispose]()
  await second[Symbol.asyncDispose]()
  expect([places.taken, places.waiting]).toEqual([0, 0])
})
