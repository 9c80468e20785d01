export interface QemuNbdExport {
  readonly socketPath: string
  readonly exportName: string
  /** Absolute path of the image. */
  readonly file: string
  readonly format?: 'qcow2' | 'raw'
}

/**
 * Arguments for `qemu-nbd` as the writable target of a copy. Several clients (`--shared`) make it promise
 * multi-conn; `writeback` flushes on FLUSH with the metadata in order; zeros become zero clusters, which hide a
 * parent's data; and lazy refcounts stay off, so a killed server leaves an image that needs no repair.
 */
export const qemuNbdTarget = ({
  socketPath,
  exportName,
  file,
  format = 'qcow2',
}: QemuNbdExport): string[] => [
  '-k',
  socketPath,
  '--persistent',
  '--shared=8',
  '-f',
  format,
  '--cache=writeback',
  '--discard=unmap',
  '--detect-zeroes=unmap',
  '-x',
  exportName,
  file,
]

/** Arguments for `qemu-nbd` to read a point back (verify, content): never changes the image or its chain. */
export const qemuNbdReader = ({
  socketPath,
  exportName,
  file,
  format = 'qcow2',
}: QemuNbdExport): string[] => [
  '-k',
  socketPath,
  '--persistent',
  '--shared=8',
  '--read-only',
  '-f',
  format,
  '-x',
  exportName,
  file,
]
