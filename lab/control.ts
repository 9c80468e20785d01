/** Client of the practice vCenter's control endpoint (lab/vcenter/README.md). `vm` = name, moref or instance UUID. */

export interface LabDisk {
  readonly key: number
  readonly label: string
  readonly kind: 'flat' | 'rdm' | 'independent'
  readonly file: string
  readonly size_bytes: number
  readonly backing_uuid: string
  /** Delta layers on top of the base: 0 without snapshots. */
  readonly layers: number
  readonly change_id_uuid: string
  readonly seq: number
}
export type LabPower = 'poweredOn' | 'poweredOff'
export interface LabVm {
  readonly vm: string
  readonly name: string
  readonly instance_uuid: string
  readonly power: LabPower
  readonly change_tracking: boolean
  readonly consolidation_needed: boolean
  readonly disks: readonly LabDisk[]
}
export interface LabSnapshot {
  readonly vm: string
  readonly vm_name: string
  readonly snapshot: string
  readonly name: string
  readonly description: string
  readonly quiesced: boolean
  readonly created: string
  readonly disks: readonly { readonly key: number; readonly change_id: string }[]
}
export interface LabOracle {
  readonly vm: string
  readonly vm_name: string
  readonly snapshot: string
  readonly snapshot_name: string
  readonly key: number
  /** A sparse raw file, absolute. */
  readonly path: string
  readonly size_bytes: number
  readonly backing_uuid: string
}
export interface LabHold {
  readonly id: number
  readonly vm: string
  readonly key: number
  readonly offset: number
  /** Reads that stand before it right now. */
  readonly waiting: number
}
export interface LabChurn {
  readonly vm: string
  readonly bytes_written: number
  readonly writes: number
  readonly running: boolean
}
export interface LabNbd {
  readonly connections: readonly {
    readonly id: number
    readonly vm: string
    readonly key: number
    readonly snapshot: string
    readonly export: string
    readonly read_bytes: number
  }[]
  readonly totals: readonly {
    readonly vm: string
    readonly key: number
    readonly read_bytes: number
    readonly written_bytes: number
    readonly reads: number
    readonly writes: number
  }[]
}
export interface LabFault {
  readonly method: string
  /** A vSphere type name, such as `ApplicationQuiesceFault`. */
  readonly fault: string
  readonly where: 'call' | 'task'
  readonly count?: number
  readonly message?: string
  readonly vm?: string
}
export interface LabDelay {
  readonly method: string
  readonly ms: number
  readonly where?: 'call' | 'task'
  /** How many calls; all until cleared by default. */
  readonly count?: number
}
/**
 * What QueryChangedDiskAreas is to say of one disk, for `count` (1) walks over it. Lies: `drop` leaves out one changed
 * area (the `index`th, round again), `empty` all. Malformed: `unsorted`, `overlapping`, `beyond-end`, `no-progress` (a
 * page that covers nothing). Refused: `expired` (FileFault), `invalid` (InvalidArgument). True but very many:
 * `fragmented` (`extents`, 28,000, at `page_cap`, 2,000, a page).
 */
export interface LabAnswer {
  readonly vm: string
  readonly key: number
  readonly kind:
    | 'drop'
    | 'empty'
    | 'unsorted'
    | 'overlapping'
    | 'beyond-end'
    | 'no-progress'
    | 'expired'
    | 'invalid'
    | 'fragmented'
  /** Questions since a change ID (default), those for what is allocated (`*`), or both. */
  readonly for?: 'changes' | 'allocated' | 'any'
  readonly count?: number
  readonly index?: number
  readonly extents?: number
  readonly page_cap?: number
}
export type LabDrop =
  | { readonly target: 'nbd'; readonly vm?: string; readonly after_bytes?: number }
  | {
      readonly target: 'sdk'
      readonly method?: string
      readonly when: 'before' | 'after'
      readonly count?: number
    }
export interface LabDatastore {
  readonly name: string
  readonly capacity_bytes: number
  readonly free_bytes: number
}
export interface DiskRange {
  readonly vm: string
  readonly key: number
  readonly offset: number
  readonly length: number
}

/** Thrown for every answer that is not a success: the endpoint's own sentence. */
export class LabControlError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
  readonly bytes?: Uint8Array
}

export interface LabControlOptions {
  readonly controlUrl: string
  readonly token: string
}

const callOver =
  ({ controlUrl, token }: LabControlOptions) =>
  async (call: Call): Promise<Response> => {
    const url = new URL(call.path, controlUrl)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const body = call.bytes === undefined ? JSON.stringify(call.json) : Buffer.from(call.bytes)
    const answer = await fetch(url, {
      method: call.method,
      headers: { authorization: `Bearer ${token}` },
      ...(call.method === 'POST' && body !== undefined ? { body } : {}),
    })
    if (answer.ok) return answer
    const text = await answer.text()
    throw new LabControlError(answer.status, `${call.method} ${call.path}: ${errorIn(text)}`)
  }

const errorIn = (text: string): string => {
  try {
    const parsed: unknown = JSON.parse(text)
    const error: unknown =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'error') : undefined
    return typeof error === 'string' ? error : text
  } catch {
    return text
  }
}

/** Opens the control endpoint; every function rejects with `LabControlError` when the lab refuses. */
export const openLabControl = (options: LabControlOptions) => {
  const call = callOver(options)
  const get = async <T>(path: string, query?: Call['query']): Promise<T> =>
    (await (await call({ method: 'GET', path, ...(query === undefined ? {} : { query }) })).json()) as T
  const post = async <T = unknown>(path: string, json: unknown): Promise<T> =>
    (await (await call({ method: 'POST', path, json })).json()) as T
  const remove = async (path: string, query?: Call['query']): Promise<void> => {
    await call({ method: 'DELETE', path, ...(query === undefined ? {} : { query }) })
  }
  return {
    vms: () => get<LabVm[]>('/lab/vms'),
    snapshots: () => get<LabSnapshot[]>('/lab/snapshots'),
    oracle: () => get<LabOracle[]>('/lab/oracle'),
    clearOracle: () => remove('/lab/oracle'),
    /** How many snapshots of each VM keep their copies, 12 without this; 0 = all. */
    keepOracle: (keep: number) => post('/lab/oracle', { keep }),
    /** SOAP calls by method since the start or the last clearing. */
    calls: () => get<Record<string, number>>('/lab/calls'),
    clearCalls: () => remove('/lab/calls'),

    write: async (vm: string, key: number, offset: number, bytes: Uint8Array): Promise<void> => {
      await call({ method: 'POST', path: '/lab/write', query: { vm, key, offset }, bytes })
    },
    read: async (range: DiskRange): Promise<Buffer> =>
      Buffer.from(
        await (await call({ method: 'GET', path: '/lab/read', query: { ...range } })).arrayBuffer(),
      ),
    zero: (range: DiskRange) => post('/lab/zero', range),
    startChurn: (churn: {
      vm: string
      bytes_per_second: number
      seed: number
      /** `free` (default) spares the file systems at a disk's start. */
      area?: 'free' | 'all'
    }) => post('/lab/churn', churn),
    stopChurn: (vm: string) => remove('/lab/churn', { vm }),
    churns: () => get<LabChurn[]>('/lab/churn'),

    /** Holds every NBD read that touches a byte at or after the offset; returns the hold's id. */
    hold: async (vm: string, key: number, offset: number): Promise<number> =>
      (await post<{ id: number }>('/lab/hold', { vm, key, offset })).id,
    holds: () => get<LabHold[]>('/lab/hold'),
    /** Without an id releases all. */
    release: (id?: number) => remove('/lab/hold', { id }),
    /** 0 lifts the limit again. */
    rate: (limit: { vm?: string; key?: number; bytes_per_second: number }) => post('/lab/rate', limit),
    drop: (drop: LabDrop) => post('/lab/drop', drop),
    ioError: (range: DiskRange & { count?: number }) => post('/lab/io-error', range),
    clearIoErrors: () => remove('/lab/io-error'),
    nbd: () => get<LabNbd>('/lab/nbd'),

    fault: (fault: LabFault) => post('/lab/fault', fault),
    faults: () => get<LabFault[]>('/lab/fault'),
    /** Also forgets SDK connections that were to be dropped. */
    clearFaults: () => remove('/lab/fault'),
    delay: (delay: LabDelay) => post('/lab/delay', delay),
    clearDelays: () => remove('/lab/delay'),
    expireSessions: () => post<{ expired: number }>('/lab/sessions/expire', {}),

    resetChangeTracking: (vm: string, key: number) => post('/lab/cbt/reset', { vm, key }),
    /** What needs an area to spoil (`drop`, `empty`, `unsorted`, `overlapping`) waits for an answer that has one. */
    answerChanges: (answer: LabAnswer) => post('/lab/cbt/answer', answer),
    /** Those that still wait. */
    changeAnswers: () => get<LabAnswer[]>('/lab/cbt/answer'),
    clearChangeAnswers: () => remove('/lab/cbt/answer'),
    growDisk: (vm: string, key: number, size_bytes: number) =>
      post('/lab/disk/grow', { vm, key, size_bytes }),
    /** Returns the new disk's key. A thick disk has its whole size reserved in its datastore. */
    addDisk: async (vm: string, size_bytes: number, { thin = true } = {}): Promise<number> =>
      (await post<{ key: number }>('/lab/disk/add', { vm, size_bytes, thin })).key,
    removeDisk: (vm: string, key: number) => post('/lab/disk/remove', { vm, key }),
    /** A new, empty disk under the old one's key, of the same size by default; returns its backing uuid. */
    replaceDisk: async (vm: string, key: number, size_bytes?: number): Promise<string> =>
      (await post<{ backing_uuid: string }>('/lab/disk/replace', { vm, key, size_bytes })).backing_uuid,
    rename: (vm: string, name: string) => post('/lab/vm/rename', { vm, name }),
    power: (vm: string, power: LabPower) => post('/lab/vm/power', { vm, power }),
    /** As an administrator switches it; a change of it begins change tracking anew. */
    setChangeTracking: (vm: string, enabled: boolean) => post('/lab/vm/change-tracking', { vm, enabled }),
    removeVm: (vm: string) => post('/lab/vm/remove', { vm }),
    setConsolidationNeeded: (vm: string, needed: boolean) => post('/lab/vm/consolidation', { vm, needed }),
    datastore: () => get<LabDatastore>('/lab/datastore'),
    setDatastore: (space: { free_bytes: number; capacity_bytes?: number }) => post('/lab/datastore', space),
  }
}

export type LabControl = ReturnType<typeof openLabControl>
