import { join } from 'node:path'
import { nbdkit, qemuNbd, type TestServer } from '../../activities/blocks/testing/servers.js'
import type { Scene } from './cases.js'
import type { Sockets } from './peers.js'
import type { Stage } from './stage.js'

export interface SceneServers extends AsyncDisposable {
  readonly all: readonly TestServer[]
  readonly sockets: readonly Sockets[]
}

export interface ServerFiles {
  /** Where the sockets go. */
  readonly folder: string
  readonly targets: readonly string[]
  /** Everything that is not in this list looks like a hole. */
  readonly extentList?: string
}

/** An nbdkit for each source, and a qemu-nbd for each target. */
export const openServers = async (
  stage: Stage,
  scene: Scene,
  { folder, targets, extentList }: ServerFiles,
): Promise<SceneServers> => {
  const filter = extentList === undefined ? [] : ['--filter=extentlist']
  const list = extentList === undefined ? [] : [`extentlist=${extentList}`]
  const tls = scene.tls ? ['--tls=require', `--tls-psk=${stage.pskFile}`] : []
  const file = ['file', stage.source(scene.disk)]
  const format = scene.target === 'raw' ? 'raw' : 'qcow2'
  const numbers = Array.from({ length: scene.copies }, (_, i) => i)
  const at = (name: string, i: number): string => join(folder, `${name}-${i}`)
  const starting = [
    ...numbers.map((i) => nbdkit(at('from', i), ['--readonly', ...tls, ...filter, ...file, ...list])),
    ...targets.map((target, i) => qemuNbd(at('to', i), target, { format })),
  ]
  const all = await allOrNone(starting)
  return {
    all,
    sockets: numbers.map((i) => ({
      source: at('from', i),
      ...(targets.length > 0 && { target: at('to', i) }),
    })),
    [Symbol.asyncDispose]: () => endAll(all),
  }
}

const allOrNone = async (starting: readonly Promise<TestServer>[]): Promise<TestServer[]> => {
  const settled = await Promise.allSettled(starting)
  const started = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed === undefined) return started
  await endAll(started)
  throw failed.reason
}

const endAll = async (servers: readonly TestServer[]): Promise<void> =>
  void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]())))
