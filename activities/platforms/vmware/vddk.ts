import type { DiskReader, Snapshot, SnapshotDisk } from '../platform.js'
import type { Endpoint } from './endpoint.js'

interface VddkAccess {
  readonly endpoint: Endpoint
  readonly username: string
  readonly secret: string
  /** Where the user keeps VMware's library; without it the plugin looks where the system keeps libraries. */
  readonly vddkLibDir: string | undefined
  /** SHA-1, upper case with colons: the only form VDDK knows. */
  readonly thumbprint: string
}

// The first descriptor after stdin, stdout and stderr.
const passwordFd = 3

/** nbdkit's vddk plugin and its parameters (nbdkit-vddk-plugin(1)); the caller adds `-r` and the socket. */
export const vddkReader = (access: VddkAccess, snapshot: Snapshot, disk: SnapshotDisk): DiskReader => ({
  kind: 'nbdkit',
  transport: 'vddk',
  pluginArgs: [
    'vddk',
    ...(access.vddkLibDir === undefined ? [] : [`libdir=${access.vddkLibDir}`]),
    `server=${access.endpoint.host}`,
    ...(access.endpoint.portNamed ? [`port=${access.endpoint.port}`] : []),
    `user=${access.username}`,
    `password=-${passwordFd}`,
    `thumbprint=${access.thumbprint}`,
    `vm=moref=${snapshot.vmReference}`,
    `snapshot=${snapshot.reference}`,
    'transports=nbdssl:nbd',
    `file=${disk.path}`,
  ],
  secrets: [{ fd: passwordFd, value: access.secret }],
})
