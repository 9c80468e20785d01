import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { DevConfig } from './config.js'
import { readEndpoints } from './endpoints.js'
import { probeKvm } from './kvm-probe.js'
import type { Layout } from './layout.js'
import { lockHolder, tryLock } from './lock.js'
import { isPortFree } from './ports.js'
import { print } from './progress.js'
import { tryCommand } from './run-command.js'
import {
  basePackages,
  databasePackages,
  installCommand,
  labPackages,
  missingPackages,
  testPackages,
  type SystemPackage,
} from './setup/system-packages.js'
import { usableCli } from './setup/temporal-cli.js'

/** One line of the table. `missing` alone makes the status 1: npm start builds and installs what is `later`. */
export interface Finding {
  readonly subject: string
  readonly state: 'ok' | 'later' | 'note' | 'missing'
  readonly found: string
  readonly remedy?: string | undefined
}

/** `npm run doctor`: what is there, what is missing, what to do. Changes nothing. */
export const doctor = async (layout: Layout, config: DevConfig): Promise<number> => {
  const temporal = await temporalFinding(layout, config)
  const findings = [
    nodeFinding(),
    await goFinding(),
    ...(await packageFindings(config)),
    temporal,
    await vddkFinding(config),
    databaseFinding(config),
    await kvmFinding(),
    await diskFinding(layout, temporal.state === 'later' ? setUpGiB : runGiB),
    ...(await instanceFindings(layout, config)),
  ]
  print(table(findings))
  const missing = findings.filter(({ state }) => state === 'missing').length
  print(missing === 0 ? '\nAll that is needed is there.' : `\n${missing} needed and missing.`)
  return missing === 0 ? 0 : 1
}

const signs: Record<Finding['state'], string> = { ok: '✓', later: '…', note: '·', missing: '✗' }

export const table = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  return findings
    .map(({ subject, state, found, remedy }) => {
      const line = `${signs[state]} ${subject.padEnd(width)}  ${found}`
      return remedy === undefined ? line : `${line}\n  ${' '.repeat(width)}  → ${remedy}`
    })
    .join('\n')
}

// The bootstrap has refused an older one already.
const nodeFinding = (): Finding => ({ subject: 'Node', state: 'ok', found: process.versions.node })

const goFinding = async (): Promise<Finding> => {
  for (const program of ['go', '/usr/local/go/bin/go']) {
    const answer = await tryCommand(program, ['version'], { timeoutMs: 20_000 })
    const match = /go(\d+)\.(\d+)\S*/.exec(answer.stdout)
    if (answer.status !== 0 || match === null) continue
    const isNewEnough = Number(match[1]) > 1 || Number(match[2]) >= 25
    if (isNewEnough) return { subject: 'Go', state: 'ok', found: match[0] }
  }
  const remedy = 'Unpack a Go from https://go.dev/dl into /usr/local/go, or put one on PATH.'
  return { subject: 'Go', state: 'missing', found: 'none of 1.25 or newer', remedy }
}

const packageFindings = async (config: DevConfig): Promise<Finding[]> => {
  const needed = [
    ...basePackages,
    ...labPackages,
    ...(config.databaseUrl === undefined ? databasePackages : []),
  ]
  const wanted = [...needed, ...testPackages]
  const missing = await missingPackages(wanted)
  const isRoot = process.getuid?.() === 0
  // One command for all of them stands below the last.
  const command = (candidate: SystemPackage): string | undefined =>
    candidate === missing.at(-1) ? `Run: ${installCommand(missing)}` : undefined
  return wanted.map((candidate): Finding => {
    const subject = `package ${candidate.name}`
    if (!missing.includes(candidate)) return { subject, state: 'ok', found: candidate.why }
    const isForTests = testPackages.includes(candidate)
    const remedy = isRoot ? `npm ${isForTests ? 'test' : 'start'} installs it.` : command(candidate)
    const state = isForTests ? 'note' : isRoot ? 'later' : 'missing'
    return {
      subject,
      state,
      found: `not installed; ${candidate.why}${isForTests ? ' (tests only)' : ''}`,
      remedy,
    }
  })
}

const temporalFinding = async (layout: Layout, config: DevConfig): Promise<Finding> => {
  const subject = 'Temporal'
  if (config.temporal !== undefined)
    return { subject, state: 'ok', found: `TEMPORAL_ADDRESS names ${config.temporal.address}` }
  const cli = (await usableCli('temporal')) ?? (await usableCli(join(layout.binDir, 'temporal')))
  if (cli !== undefined) return { subject, state: 'ok', found: `${cli.path}, server ${cli.serverVersion}` }
  return { subject, state: 'later', found: 'no CLI', remedy: 'npm start builds it once (some minutes).' }
}

const vddkFinding = async (config: DevConfig): Promise<Finding> => {
  const subject = 'VDDK'
  const answer = await tryCommand(config.nbdkit ?? 'nbdkit', ['vddk', '--dump-plugin'], { timeoutMs: 10_000 })
  const hasPlugin = answer.status === 0
  if (hasPlugin && config.vddkLibdir !== undefined)
    return { subject, state: 'ok', found: `nbdkit has the plugin, library in ${config.vddkLibdir}` }
  return {
    subject,
    state: 'note',
    found: hasPlugin
      ? 'nbdkit has the plugin; no library named'
      : 'nbdkit has no vddk plugin (Debian ships none)',
    remedy:
      'The practice vCenter needs neither. For a real one: an nbdkit built with its vddk plugin (SENDENSE_NBDKIT) and the VDDK library (SENDENSE_VDDK_LIBDIR).',
  }
}

const databaseFinding = (config: DevConfig): Finding => ({
  subject: 'database',
  state: 'ok',
  found:
    config.databaseUrl === undefined
      ? 'a private MariaDB'
      : `DATABASE_URL names ${new URL(config.databaseUrl).host}`,
})

const kvmFinding = async (): Promise<Finding> => {
  const probe = await probeKvm('kvm')
  if (probe.works) return { subject: 'KVM', state: 'ok', found: 'runs guests' }
  const remedy = 'Nothing to do: practice guests run on TCG, some times slower.'
  return { subject: 'KVM', state: 'note', found: probe.reason, remedy }
}

// Go's caches take 3.5 GiB (below the user's home), Debian and npm packages 1.5, what is built from them 1.
const setUpGiB = 7
const runGiB = 2

const diskFinding = async (layout: Layout, neededGiB: number): Promise<Finding> => {
  const subject = 'disk space'
  const { bavail, bsize } = await statfs(layout.root)
  const freeGiB = (bavail * bsize) / 1024 ** 3
  const found = `${freeGiB.toFixed(1)} GiB free for ${layout.home}`
  if (freeGiB >= neededGiB) return { subject, state: 'ok', found }
  return {
    subject,
    state: 'missing',
    found,
    remedy: `Free ${neededGiB} GiB, or set SENDENSE_HOME to a bigger disk.`,
  }
}

const instanceFindings = async (layout: Layout, config: DevConfig): Promise<Finding[]> => {
  const lock = await tryLock(layout.lockFile).catch(() => null)
  if (lock === undefined) {
    const holder = await lockHolder(layout.lockFile)
    const endpoints = await readEndpoints(layout.endpointsFile).catch(() => undefined)
    const where = endpoints === undefined ? 'not ready (yet)' : `ready at ${endpoints.ui}`
    return [{ subject: 'instance', state: 'ok', found: `runs (pid ${holder?.pid ?? '?'}), ${where}` }]
  }
  await lock?.[Symbol.asyncDispose]()
  const usual = { API: config.apiPort, Temporal: 7233, 'Temporal UI': 8233, 'practice vCenter': 8989 }
  const ports = Object.entries(usual).map(async ([name, port]): Promise<Finding> => {
    const isFree = await isPortFree(port)
    const found = isFree ? 'free' : 'taken; npm start takes another'
    return { subject: `port ${port}`, state: isFree ? 'ok' : 'note', found: `${found} (${name})` }
  })
  return [{ subject: 'instance', state: 'ok', found: 'none runs' }, ...(await Promise.all(ports))]
}
