import type { Retention } from '../../domain/policy.js'
import type { Db } from '../../drizzle/open.js'
import type { Guard } from '../processes/open-guard.js'
import type { ContentServer } from '../restore/content-server.js'
import type { PointReaders } from '../restore/point-readers.js'
import type { Places } from '../blocks/places.js'
import type { MeasureStorage } from './storage.js'

/** What the steps beside a repository need; made once in the worker's composition root. */
export interface RepositoryDependencies {
  readonly db: Db
  readonly guard: Guard
  /** Where sockets lie; short, for a socket's path has room for 107 characters. */
  readonly runDir: string
  readonly programs: { readonly qemuNbd: string; readonly qemuImg?: string }
  readonly content: ContentServer
  /** Holds the points whose content this process serves. */
  readonly readers: PointReaders
  /** Shared with all that moves whole disks in this process. */
  readonly slots: Places
  readonly measure: MeasureStorage
  /** Of this product: stands in the manifests. */
  readonly version: string
  readonly now: () => Date
  /** What is kept where no policy speaks. */
  readonly keep: Retention
  /** For the process's log: what was done that nobody asked for. */
  readonly said: (sentence: string) => void
}
