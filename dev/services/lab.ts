import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Layout } from '../layout.js'
import { choosePorts } from '../ports.js'
import type { ServicePlan } from '../supervised-process.js'
import { readTextIfThere, secretIn } from '../write-file.js'

/** What the practice vCenter writes into `<state>/lab.json` when it is ready. */
export const LabReady = z.object({
  sdk_url: z.url(),
  host: z.string(),
  control_url: z.url(),
  control_token: z.string(),
  nbd_address: z.string(),
  ca_pem_file: z.string(),
  thumbprint_sha1: z.string(),
  thumbprint_sha256: z.string(),
  user: z.string(),
})
export type LabReady = z.infer<typeof LabReady>

export interface LocalLab {
  readonly plan: ServicePlan
  readonly passwordFile: string
  /** Only when it is ready; its ports stay the same over restarts, its control token need not. */
  readReady(): Promise<LabReady>
}

export interface LabPlaces {
  readonly binary: string
  readonly scenario: string
  readonly imagesDir: string
  /** Any ports instead of the usual one. */
  readonly anyPorts?: boolean
}

/** Plans the practice vCenter. Its NBD and control ports are pinned too, so a restart is the same lab to everybody. */
export const planLab = async (layout: Layout, places: LabPlaces): Promise<LocalLab> => {
  const state = join(layout.stateDir, 'lab')
  await mkdir(state, { recursive: true, mode: 0o700 })
  const passwordFile = join(layout.keysDir, 'lab-password')
  await secretIn(passwordFile, 12)
  // Where it was before: a vCenter that is registered under its address must be found there again.
  const before = portsOf(await readReady(state))
  const ports = await choosePorts(before ?? { sdk: places.anyPorts === true ? 0 : 8989, control: 0, nbd: 0 })
  const args = ['-scenario', places.scenario, '-images', places.imagesDir, '-state', state]
  args.push('-listen', `127.0.0.1:${ports.sdk}`, '-control', `127.0.0.1:${ports.control}`)
  args.push(
    '-nbd',
    `127.0.0.1:${ports.nbd}`,
    '-user',
    'administrator@vsphere.local',
    '-password-file',
    passwordFile,
  )
  return {
    passwordFile,
    readReady: async () => LabReady.parse(await readReady(state)),
    plan: {
      name: 'lab',
      command: places.binary,
      args,
      env: process.env,
      cwd: layout.root,
      logFile: join(layout.logsDir, 'lab.log'),
      ready: 'line',
      readyTimeoutMs: 120_000,
      graceMs: 15_000,
    },
  }
}

const readReady = async (state: string): Promise<unknown> =>
  JSON.parse((await readTextIfThere(join(state, 'lab.json'))) ?? 'null')

const portsOf = (ready: unknown): { sdk: number; control: number; nbd: number } | undefined => {
  const { data } = LabReady.safeParse(ready)
  if (data === undefined) return undefined
  const port = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1))
  return {
    sdk: port(data.host),
    control: Number(new URL(data.control_url).port),
    nbd: port(data.nbd_address),
  }
}
