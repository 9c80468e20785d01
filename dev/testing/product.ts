import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupDetails, StartBackupRequest } from '../../api/contract/backups.js'
import type { Repository } from '../../domain/repository.js'
import { openLabControl, type LabControl } from '../../lab/control.js'
import { readEndpoints, type Endpoints } from '../endpoints.js'
import { LabReady } from '../services/lab.js'
import { runNpm, until, type Running } from './run-npm.js'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly body: T
}

/** The whole product as `npm start` brings it up, in a home of its own, on the small practice data centre. */
export interface Product extends AsyncDisposable {
  readonly home: string
  /** `npm start` in the same home once more, as a person or an init system does after a crash. */
  startAgain(): Promise<void>
  endpoints(): Promise<Endpoints>
  readonly lab: LabControl
  readonly labReady: LabReady
  readonly labPassword: string
  readonly labPasswordFile: string
  readonly adminPasswordFile: string
  /** A raw body (string) is sent as it is. Bearer of the tools' token. */
  ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer<T>>
  /** Like `ask`, but throws what the product said when it refused. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  /** All that `npm start` printed. */
  text(): string
}

/** `env` reaches the worker and the API, too. Stops everything and removes the home when it is disposed of. */
export const startProduct = async (env: Readonly<Record<string, string>> = {}): Promise<Product> => {
  const home = await mkdtemp(join(tmpdir(), 'sendense-p-'))
  let running: Running | undefined
  const start = async (): Promise<Started> => {
    running = runNpm(home, ['up'], {
      SENDENSE_LAB_SCENARIO: 'small',
      SENDENSE_HEARTBEAT_SECONDS: '10',
      ...env,
    })
    return startedIn(home, running)
  }
  const stop = async (): Promise<void> => {
    await runNpm(home, ['stop']).ended
    await running?.ended
    await rm(home, { recursive: true, force: true })
  }
  try {
    let started = await start()
    const ask: Product['ask'] = (...question) => started.ask(...question)
    const labPasswordFile = join(home, 'state/keys/lab-password')
    return {
      home,
      startAgain: async () => {
        started = await start()
      },
      endpoints: () =>
        until(
          () => readEndpoints(fileOf(home)),
          () => 'endpoints.json is gone',
        ),
      get lab() {
        return started.lab
      },
      get labReady() {
        return started.labReady
      },
      labPassword: (await readFile(labPasswordFile, 'utf8')).trim(),
      labPasswordFile,
      adminPasswordFile: join(home, 'state/keys/admin-password'),
      ask,
      call: callerOf(ask),
      text: () => running?.text() ?? '',
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Started = Pick<Product, 'ask' | 'lab' | 'labReady'>

const fileOf = (home: string): string => join(home, 'endpoints.json')

// What a killed run left is ended first, each service with its own patience.
const startMs = 300_000

/** Waits until it is ready. What a killed run wrote into endpoints.json is not taken for it. */
const startedIn = async (home: string, running: Running): Promise<Started> => {
  const before = (await readEndpoints(fileOf(home)))?.processes['supervisor']
  const ready = until(
    async () => {
      const found = await readEndpoints(fileOf(home))
      return found?.processes['supervisor'] === before ? undefined : found
    },
    () => `no endpoints.json:\n${running.text()}`,
    startMs,
  )
  const first = await Promise.race([ready, running.ended])
  if (first === null || typeof first === 'number') throw new Error(`the start ended:\n${running.text()}`)
  const labReady = LabReady.parse(JSON.parse(await readFile(join(home, 'state/lab/lab.json'), 'utf8')))
  return {
    ask: askerOf(first.api, (await readFile(first.admin_token_file, 'utf8')).trim()),
    lab: openLabControl({ controlUrl: labReady.control_url, token: labReady.control_token }),
    labReady,
  }
}

const askerOf =
  (api: string, token: string): Product['ask'] =>
  async <T>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${api}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T }
  }

const callerOf =
  (ask: Product['ask']): Product['call'] =>
  async <T>(method: string, path: string, body?: unknown) => {
    const answer = await ask(method, path, body)
    if (answer.status < 300) return answer.body as T
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }

/** Registers the practice vCenter, its certificate pinned; returns the platform's id. */
export const addLab = async (product: Product): Promise<string> => {
  const { id } = await product.call<{ id: string }>('POST', '/platforms', labRequest(product))
  return id
}

export const labRequest = ({ labReady, labPassword }: Product) => ({
  name: 'Practice vCenter',
  kind: 'vmware',
  host: labReady.host,
  username: labReady.user,
  password: labPassword,
  tls: { mode: 'thumbprint', thumbprint: labReady.thumbprint_sha256 },
})

/** Discovers the VM of that name and takes it under protection; returns its context's id. */
export const protect = async (product: Product, platformId: string, name: string): Promise<string> => {
  const { vms } = await product.call<{ vms: { id: string }[] }>('POST', '/discover', {
    platform_id: platformId,
    filter: name,
  })
  const added = await product.call<{ vm_contexts: { id: string }[] }>('POST', '/vm-contexts', {
    platform_id: platformId,
    vm_ids: vms.map(({ id }) => id),
  })
  return added.vm_contexts[0]!.id
}

export const addRepository = async (product: Product, name: string): Promise<Repository> => {
  const path = join(product.home, 'state/repositories', name)
  await mkdir(path, { recursive: true, mode: 0o700 })
  return product.call<Repository>('POST', '/repositories', { name, repository_type: 'local', path })
}

/** Waits for the job's end, or for what `is` wants of it. */
export const backupWhen = (
  product: Product,
  id: string,
  is: (backup: BackupDetails) => boolean = ({ status }) => /^(completed|failed|cancelled)$/.test(status),
): Promise<BackupDetails> => {
  let last: BackupDetails | undefined
  return until(
    async () => {
      last = await product.call<BackupDetails>('GET', `/backups/${id}`)
      return is(last) && last
    },
    () => `backup ${id} never came there: ${JSON.stringify(last)}`,
  )
}

export const startBackup = async (product: Product, request: StartBackupRequest): Promise<string> =>
  (await product.call<{ id: string }>('POST', '/backups', request)).id
