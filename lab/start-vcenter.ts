import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface StartVcenterOptions {
  readonly binary: string
  readonly scenario: string
  readonly imagesDir: string
  /** Everything the lab writes lies below it. */
  readonly stateDir: string
  readonly password: string
  readonly user?: string
}

export interface LabInfo {
  readonly pid: number
  readonly sdkUrl: string
  readonly host: string
  readonly controlUrl: string
  readonly controlToken: string
  readonly nbdAddress: string
  readonly caPemFile: string
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
  readonly user: string
}

export type RunningLab = LabInfo & AsyncDisposable

const readyTimeoutMs = 120_000
const stopGraceMs = 5_000

/** Starts a practice vCenter on free loopback ports; disposing it ends the process by its id. */
export const startVcenter = async (options: StartVcenterOptions): Promise<RunningLab> => {
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 })
  const passwordFile = join(options.stateDir, 'password')
  await writeFile(passwordFile, options.password, { mode: 0o600 })
  await chmod(passwordFile, 0o600)
  const child = spawn(options.binary, argumentsOf(options, passwordFile), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    const info = parseReady(await readyLine(child))
    return { ...info, [Symbol.asyncDispose]: () => stop(child) }
  } catch (error) {
    await stop(child)
    throw error
  }
}

const argumentsOf = (options: StartVcenterOptions, passwordFile: string): string[] => [
  ...['-scenario', options.scenario, '-images', options.imagesDir, '-state', options.stateDir],
  ...['-listen', '127.0.0.1:0', '-control', '127.0.0.1:0', '-nbd', '127.0.0.1:0'],
  ...['-user', options.user ?? 'administrator@vsphere.local', '-password-file', passwordFile],
]

/** The first JSON line of its output; its last words if it ends before. */
const readyLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let words = ''
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) return reject(new Error('The practice vCenter has no output'))
    stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4000)))
    const fail = (why: string): void => reject(new Error(`The practice vCenter ${why}: ${words.trim()}`))
    const timer = setTimeout(() => fail(`was not ready after ${readyTimeoutMs / 1000} s`), readyTimeoutMs)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      act()
    }
    child.once('error', (error) => settle(() => fail(`did not start (${error.message})`)))
    child.once('close', (code) => settle(() => fail(`ended with status ${code}`)))
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.startsWith('{')) settle(() => resolve(line))
    })
  })

const parseReady = (line: string): LabInfo => {
  const raw: unknown = JSON.parse(line)
  const text = (name: string): string => {
    const value = field(raw, name)
    if (typeof value !== 'string') throw new Error(`The practice vCenter's ready line has no ${name}`)
    return value
  }
  return {
    pid: Number(field(raw, 'pid')),
    sdkUrl: text('sdk_url'),
    host: text('host'),
    controlUrl: text('control_url'),
    controlToken: text('control_token'),
    nbdAddress: text('nbd_address'),
    caPemFile: text('ca_pem_file'),
    thumbprintSha1: text('thumbprint_sha1'),
    thumbprintSha256: text('thumbprint_sha256'),
    user: text('user'),
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
  await ended
  clearTimeout(timer)
}
