import { join } from 'node:path'
import { copy } from '../../activities/blocks/copy.js'
import { openDigests } from '../../activities/blocks/digest-reader.js'
import { openDigestWriter } from '../../activities/blocks/digest-writer.js'
import { openNbd } from '../../activities/blocks/nbd/nbd-end.js'
import { parseNbdUri } from '../../activities/blocks/nbd/uri.js'
import { readers, type CopyJob, type ReadJob } from './job.js'
import { measuredJob } from './measured-job.js'
import { readAreas } from './read-areas.js'

const MiB = 2 ** 20

const copyOne = async (job: CopyJob, one: CopyJob['copies'][number]): Promise<number> => {
  const { address, exportName } = parseNbdUri(one.source)
  await using source = await openNbd(address, { side: 'source', exportName, connections: 2 })
  await using target = await openNbd({ socketPath: one.target }, { side: 'target' })
  const { sizeBytes } = source
  await using previous = job.previous === undefined ? undefined : await openDigests(job.previous)
  const kind = job.fresh ? 'root' : 'overlay'
  await using digests = job.digests
    ? await openDigestWriter(join(one.files, 'digests'), { sizeBytes, kind })
    : undefined
  await copy({
    source,
    target,
    extents: job.extents,
    sizeBytes,
    targetKnownZero: job.fresh,
    ...(digests && { digests }),
    ...(previous && { previous: [previous] }),
    checkpoint: { path: join(one.files, 'checkpoint'), everyBytes: 128 * MiB, everyMs: 5000 },
    stallMs: 120_000,
  })
  await digests?.finish()
  return performance.now()
}

const read = async ({ socketPath, areas, requestBytes }: ReadJob): Promise<number[]> => {
  await using source = await openNbd({ socketPath }, { side: 'source', ...readers })
  await readAreas(areas, requestBytes, (offset, into) => source.readInto(offset, into))
  return [performance.now()]
}

await measuredJob<CopyJob | ReadJob>((job) =>
  job.kind === 'read' ? read(job) : Promise.all(job.copies.map((one) => copyOne(job, one))),
)
