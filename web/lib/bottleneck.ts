import type { Bottleneck } from '../../domain/progress.js'

const words: Readonly<Record<Bottleneck, string>> = {
  source: 'Source (reads from the vCenter host)',
  digest: 'Worker (its processor: digests)',
  target: 'Target (writes to the repository)',
}

/** What a copy waits for most, for people. */
export const bottleneckText = (bottleneck: Bottleneck | null): string =>
  bottleneck === null ? '–' : words[bottleneck]
