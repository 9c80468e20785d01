import { plainName } from './inventory-path.js'
import { all, refAt, textAt, type Ref } from './xml.js'

/** One snapshot in a VM's tree. */
export interface SnapshotEntry {
  readonly ref: Ref
  readonly name: string
  readonly description: string
  /** ISO 8601. */
  readonly createdAt: string
}

/** Every snapshot of a VM's `snapshot` property, parents before children. */
export const snapshotsIn = (snapshot: unknown): SnapshotEntry[] =>
  all(snapshot, 'rootSnapshotList').flatMap(entries)

const entries = (tree: unknown): SnapshotEntry[] => {
  const ref = refAt(tree, 'snapshot')
  const own =
    ref === undefined
      ? []
      : [
          {
            ref,
            name: plainName(textAt(tree, 'name') ?? ''),
            description: textAt(tree, 'description') ?? '',
            createdAt: instant(textAt(tree, 'createTime')),
          },
        ]
  return [...own, ...all(tree, 'childSnapshotList').flatMap(entries)]
}

const instant = (text: string | undefined): string => {
  const time = new Date(text ?? Number.NaN)
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString()
}
