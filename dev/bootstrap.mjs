#!/usr/bin/env node
// The first thing that runs after `git clone`: plain Node, no dependencies, syntax that old versions still parse.
// It checks the tools that cannot be installed from here, installs the npm packages and hands over to dev/main.ts.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const oldestNode = [20, 3]
const oldestGo = [1, 25]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command = 'up', ...rest] = process.argv.slice(2)
const isBlocks = command === 'blocks'
// What `blocks` prints is its result: nothing else goes to stdout.
const stepsTo = isBlocks ? process.stderr : process.stdout

let stepBegun = Date.now()
const stepSeconds = () => ((Date.now() - stepBegun) / 1000).toFixed(1)

/** One line a step, the same shape as dev/progress.ts prints. */
const step = (title, work) => {
  stepBegun = Date.now()
  stepsTo.write(`• ${title} … `)
  const note = work()
  stepsTo.write(`${note ?? `done in ${stepSeconds()} s`}\n`)
}

/** Ends the program; `words` are those of the tool that failed. */
const giveUp = (sentence, remedy, words = '') => {
  stepsTo.write(`failed after ${stepSeconds()} s\n`)
  process.stderr.write(`${words}✗ ${sentence}\n  ${remedy}\n`)
  process.exit(1)
}

const atLeast = (found, oldest) => found[0] > oldest[0] || (found[0] === oldest[0] && found[1] >= oldest[1])

const numbers = (text) => {
  const match = /(\d+)\.(\d+)/.exec(text)
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])]
}

const checkNode = () => {
  if (!atLeast(numbers(process.versions.node), oldestNode))
    giveUp(
      `Node ${process.versions.node} is too old: ${oldestNode.join('.')} or newer is needed.`,
      'Install a current Node 20 or 22, for example from https://nodejs.org or with your version manager.',
    )
  return process.versions.node
}

const goVersion = (binary) => {
  const answer = spawnSync(binary, ['version'], { encoding: 'utf8', cwd: root })
  return answer.status === 0 ? answer.stdout.trim() : undefined
}

/** Go from PATH, else from where its own installer puts it; that folder then joins PATH for everything below. */
const checkGo = () => {
  const onPath = goVersion('go')
  if (onPath !== undefined && atLeast(numbers(onPath), oldestGo)) return onPath.split(' ')[2]
  const folder = '/usr/local/go/bin'
  const installed = goVersion(join(folder, 'go'))
  if (installed !== undefined && atLeast(numbers(installed), oldestGo)) {
    process.env.PATH = `${folder}${delimiter}${process.env.PATH ?? ''}`
    return installed.split(' ')[2]
  }
  const found = onPath ?? installed
  return giveUp(
    `Go ${oldestGo.join('.')} or newer is needed to build the Temporal CLI and the practice vCenter; ${
      found === undefined ? 'none was found on PATH or in /usr/local/go/bin' : `found: ${found}`
    }.`,
    'Unpack a current Go from https://go.dev/dl into /usr/local/go, or put another one first on PATH.',
  )
}

const readLock = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Compares what is installed with the lock file package by package: no time stamps, so a half-done install shows. */
const npmPackagesAreCurrent = () => {
  const wanted = readLock(join(root, 'package-lock.json'))
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'))
  if (wanted === undefined || installed === undefined) return false
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional === true || installed[path]?.version === entry.version,
  )
}

const installNpmPackages = () => {
  if (npmPackagesAreCurrent()) return 'cached'
  mkdirSync(join(root, '.sendense'), { recursive: true })
  // An flock taken through a short-lived child stays with our open file, and falls with this process.
  const lock = openSync(join(root, '.sendense', 'npm.lock'), 'a')
  spawnSync('flock', ['-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', lock] })
  if (npmPackagesAreCurrent()) return 'cached'
  const done = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (done.status === 0) return undefined
  return giveUp(
    'npm ci failed (its words stand above).',
    'See that the npm registry can be reached, then run the same command again.',
    done.stderr ?? `${done.error?.message ?? ''}\n`,
  )
}

/** `blocks` stands alone, and runs where it was called: its arguments are paths. npm moves to the root first. */
const program = () => {
  if (!isBlocks)
    return { args: ['--import', 'tsx', join(root, 'dev', 'main.ts'), command, ...rest], cwd: root }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const main = join(root, 'activities', 'blocks', 'command', 'main.ts')
  const isFromNpm = process.env.npm_lifecycle_event === 'blocks' && process.env.INIT_CWD !== undefined
  return { args: ['--import', tsx, main, ...rest], cwd: isFromNpm ? process.env.INIT_CWD : process.cwd() }
}

/** Same terminal, same signals, same exit status as the program it starts. */
const handOver = () => {
  const { args, cwd } = program()
  const child = spawn(process.execPath, args, { stdio: 'inherit', cwd })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`✗ ${command} could not be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (status, signal) => process.exit(status ?? 128 + (constants.signals[signal] ?? 1)))
}

const onlyLooks = command === 'stop' || command === 'doctor'
step('Node', checkNode)
if (!onlyLooks && !isBlocks) step('Go', checkGo)
if (!onlyLooks) step('npm packages', installNpmPackages)
else if (!existsSync(join(root, 'node_modules', 'tsx'))) {
  process.stdout.write('• npm packages … missing\n')
  process.stderr.write(`✗ ${command} needs the npm packages.\n  Run npm ci (npm start does it by itself).\n`)
  process.exit(1)
}
handOver()
