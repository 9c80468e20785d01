import { readCheckpoint } from '../checkpoint.js'
import { copy } from '../copy.js'
import { openDigestWriter, resumeDigestWriter } from '../digest-writer.js'
import { openNbd } from '../nbd/nbd-end.js'

// One attempt of a copy in a process of its own, to be killed: source, target and old/new attempt files by argument.
const [sourceSocket, targetSocket, oldBase, newBase] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
]
await using source = await openNbd({ socketPath: sourceSocket }, { side: 'source' })
await using target = await openNbd({ socketPath: targetSocket }, { side: 'target' })
const { sizeBytes } = source
const resumeFrom = oldBase === '-' ? undefined : await readCheckpoint(`${oldBase}.checkpoint`)
const options = { sizeBytes, kind: 'root' } as const
await using digests =
  resumeFrom === undefined
    ? await openDigestWriter(`${newBase}.digests`, options)
    : await resumeDigestWriter(
        `${newBase}.digests`,
        { path: `${oldBase}.digests`, digestBytes: resumeFrom.digestBytes },
        options,
      )
const result = await copy({
  source,
  target,
  extents: [{ offset: 0, length: sizeBytes }],
  sizeBytes,
  targetKnownZero: true,
  digests,
  checkpoint: { path: `${newBase}.checkpoint`, everyBytes: 4 * 2 ** 20, everyMs: 200 },
  stallMs: 20_000,
  ...(resumeFrom === undefined ? {} : { resumeFrom }),
})
await digests.finish()
process.stdout.write(JSON.stringify(result))
