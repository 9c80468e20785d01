import { dirname } from 'node:path'
import type { Scene } from './cases.js'
import type { Command } from './measure.js'
import type { Stage } from './stage.js'

export interface Sockets {
  readonly source: string
  /** Absent where the scene only reads. */
  readonly target?: string
}

/** URI of a source; behind TLS it names the user and where the key is, never the key. */
export const sourceUri = ({ pskFile, pskUser }: Stage, { tls }: Scene, socket: string): string =>
  tls ? `nbds+unix://${pskUser}@/?socket=${socket}&tls-psk-file=${pskFile}` : `nbd+unix:///?socket=${socket}`

/**
 * `nbdcopy --flush`, all else as it comes. Into an overlay `--destination-is-zero` makes it leave alone what the
 * extent list calls a hole, and `--sparse=0` keeps it from leaving out areas that were changed to zeros.
 */
export const nbdcopyCommand = (stage: Stage, scene: Scene, { source, target }: Sockets): Command => {
  const from = sourceUri(stage, scene, source)
  if (target === undefined) return { program: 'nbdcopy', args: [from, 'null:'] }
  const sparse = scene.target === 'overlay' ? ['--sparse=0'] : []
  const args = ['--flush', '--destination-is-zero', ...sparse, from, `nbd+unix:///?socket=${target}`]
  return { program: 'nbdcopy', args }
}

/** Out-of-order writes into an existing, fresh target, with the flush at the end that nbdcopy has. */
export const qemuImgCommand = (stage: Stage, { tls }: Scene, { source, target }: Sockets): Command => {
  const nbd = (socket: string | undefined): string =>
    `driver=raw,file.driver=nbd,file.server.type=unix,file.server.path=${socket}`
  const psk = `tls-creds-psk,id=tls,dir=${dirname(stage.pskFile)},username=${stage.pskUser},endpoint=client`
  return {
    program: 'qemu-img',
    args: [
      ...['convert', '-t', 'writeback', '-W', '-n', '--target-is-zero'],
      ...(tls ? ['--object', psk] : []),
      ...['--image-opts', '--target-image-opts'],
      tls ? `${nbd(source)},file.tls-creds=tls` : nbd(source),
      nbd(target),
    ],
  }
}
