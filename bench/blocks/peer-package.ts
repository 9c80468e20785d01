import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** A peer from npm: in a folder of its own, never among the dependencies of the product. */
export interface PeerPackage {
  readonly name: string
  readonly version: string
}

export const vates: PeerPackage = { name: '@vates/nbd-client', version: '3.6.0' }

/** Installs it once into `folder`; answers with why it cannot be had, or undefined where it can. */
export const installPeer = async (
  { name, version }: PeerPackage,
  folder: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if ((await installedVersion(name, folder)) === version) return undefined
  await mkdir(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund']
  try {
    await promisify(execFile)('npm', [...args, `${name}@${version}`], { signal })
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    const { stderr = '' } = error as { readonly stderr?: string }
    const why = /npm error (?:notarget|\d{3}|network) (.+)/.exec(stderr)?.[1] ?? (error as Error).message
    return `npm cannot install ${name}@${version}: ${why.split('\n')[0]}`
  }
}

const installedVersion = async (name: string, folder: string): Promise<string | undefined> => {
  const file = join(folder, 'node_modules', name, 'package.json')
  const text = await readFile(file, 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { readonly version?: string }).version
}

/** Loads an installed peer. */
export const loadPeer = ({ name }: PeerPackage, folder: string): Promise<unknown> =>
  import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href)
