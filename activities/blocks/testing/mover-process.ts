import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

import { readCheckpoint } from '../checkpoint.js'
import { copy } from '../copy.js'
import { openDigests } from '../digest-reader.js'
import { openDigestWriter, resumeDigestWriter } from '../digest-writer.js'
import type { Side } from '../end.js'
import { EndError } from '../errors.js'
import { openNbd, type NbdEnd } from '../nbd/nbd-end.js'
import { createMomentGate } from './moment-gate.js'
import type { MoverJob, MoverLine, MoverOrder } from './mover-job.js'

// One attempt of a copy in a process of its own, to be killed.

const say = (line: MoverLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

/** The most memory this process ever had. */
const peakBytes = async (): Promise<number> =>
  Number(/VmHWM:\s*(\d+) kB/.exec(await readFile('/proc/self/status', 'utf8'))?.[1]) * 1024

const handshakeMs = 2000
let phase: 'open' | 'copy' = 'open'

const run = async (job: MoverJob): Promise<void> => {
  const gate = createMomentGate(job.hold, () => say({ line: 'held' }))
  const orders = createInterface({ input: process.stdin })
  orders.on('line', (line) => gate.goOn((JSON.parse(line) as MoverOrder).hold))

  const watched = (end: NbdEnd): NbdEnd => ({
    ...end,
    readInto: (offset, into, signal) => {
      say({ line: 'read', offset, length: into.length })
      return gate.around('read', () => end.readInto(offset, into, signal))
    },
    write: (offset, data, signal) => gate.around('write', () => end.write(offset, data, signal)),
    zero: (offset, length, signal) => gate.around('write', () => end.zero(offset, length, signal)),
    flush: (signal) => gate.around('flush', () => end.flush(signal)),
  })
  const openEnd = async (side: Side, signal?: AbortSignal): Promise<NbdEnd> => {
    const socketPath = side === 'source' ? job.sourceSocket : job.targetSocket
    return watched(await openNbd({ socketPath }, { side, handshakeMs, ...(signal ? { signal } : {}) }))
  }
  const ends: Partial<Record<Side, NbdEnd>> = {}
  const openAgain = async (side: Side, signal: AbortSignal): Promise<NbdEnd> => {
    say({ line: 'lost', side })
    await gate.pass('reopen', 'before')
    const end = await openEnd(side, signal)
    await gate.pass('reopen', 'after')
    say({ line: 'reopened', side })
    void ends[side]?.[Symbol.asyncDispose]()
    return (ends[side] = end)
  }
  try {
    const source = (ends.source = await openEnd('source'))
    const target = (ends.target = await openEnd('target'))
    const { sizeBytes } = source
    const resumeFrom = job.from === undefined ? undefined : await readCheckpoint(`${job.from}.checkpoint`)
    const options = { sizeBytes, kind: job.kind }
    await using digests =
      resumeFrom === undefined
        ? await openDigestWriter(`${job.to}.digests`, options)
        : await resumeDigestWriter(
            `${job.to}.digests`,
            { path: `${job.from}.digests`, digestBytes: resumeFrom.digestBytes },
            options,
          )
    const previous = job.previous && (await Promise.all(job.previous.map((path) => openDigests(path))))
    phase = 'copy'
    say({ line: 'opened', cursor: resumeFrom?.cursor ?? 0 })
    const result = await copy({
      source,
      target,
      sizeBytes,
      digests,
      extents: job.extents ?? [{ offset: 0, length: sizeBytes }],
      targetKnownZero: job.targetKnownZero,
      checkpoint: { path: `${job.to}.checkpoint`, ...job.checkpoint },
      stallMs: job.stallMs,
      mayWrite: () => gate.pass('claim', 'before'),
      ...(previous && { previous }),
      ...(resumeFrom && { resumeFrom }),
      ...(job.reopenMs !== undefined && {
        reopen: {
          withinMs: job.reopenMs,
          source: (signal) => openAgain('source', signal),
          target: (signal) => openAgain('target', signal),
        },
      }),
    })
    await digests.finish()
    await Promise.all((previous ?? []).map((reader) => reader[Symbol.asyncDispose]()))
    say({ line: 'done', result, peakBytes: await peakBytes() })
  } finally {
    orders.close()
    process.stdin.destroy()
    await Promise.all([ends.source, ends.target].map((end) => end?.[Symbol.asyncDispose]()))
  }
}

say({ line: 'loaded', peakBytes: await peakBytes() })
try {
  await run(JSON.parse(await readFile(process.argv[2]!, 'utf8')) as MoverJob)
} catch (error) {
  const { message } = error as Error
  say({
    line: 'failed',
    phase,
    message,
    retry: error instanceof EndError && (error.retry || error.op === 'open'),
  })
  process.exitCode = 1
}
