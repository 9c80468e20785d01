import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Failure } from '../domain/failure.js'
import { readConfig } from './config.js'
import { layoutOf } from './layout.js'
import { printError } from './progress.js'
import { setupFailed } from './setup-failed.js'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

const options = {
  home: { type: 'string' },
  demo: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  'no-lab': { type: 'boolean', default: false },
} as const

const run = async (): Promise<number> => {
  const [command, ...rest] = process.argv.slice(2)
  const { values, positionals } = parse(rest)
  // Debian keeps mariadbd, mke2fs and depmod where a user's PATH often does not look.
  process.env['PATH'] = [process.env['PATH'], '/usr/sbin', '/sbin']
    .filter((part) => part !== undefined)
    .join(delimiter)
  const config = readConfig(root, process.env, values.home)
  const layout = layoutOf(root, config.home, config.cacheDir)
  // Each command is loaded only when asked for: `stop` and `doctor` must work when the rest cannot.
  switch (command) {
    case 'up': {
      const { up } = await import('./up.js')
      return up(layout, config, { demo: values.demo, once: values.once, lab: !values['no-lab'] })
    }
    case 'stop':
      return (await import('./stop.js')).stop(layout)
    case 'doctor':
      return (await import('./doctor.js')).doctor(layout, config)
    case 'test':
      return (await import('./test.js')).test(layout, config, positionals)
    case 'check':
      return (await import('./check.js')).check(layout)
    case 'bench':
      return (await import('./bench.js')).bench(layout, positionals)
    default:
      throw setupFailed(
        `There is no command ${command ?? ''}.`,
        'Commands: up, stop, doctor, test, check, bench, blocks.',
      )
  }
}

const parse = (args: string[]) => {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw setupFailed(
      error instanceof Error ? error.message : String(error),
      'npm start takes --demo, --once, --no-lab and --home DIR, behind a --.',
    )
  }
}

const explain = (error: unknown): void => {
  if (error instanceof Failure) {
    printError(`✗ ${error.message}`)
    if (error.remedy !== undefined) printError(`  ${error.remedy}`)
  } else if (!(error instanceof Error && error.name === 'AbortError')) {
    printError(`✗ ${error instanceof Error ? error.message : String(error)}`)
  }
}

// A reader that went away (`| head`) must not take the services down with it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  process.exit(await run())
} catch (error) {
  explain(error)
  process.exit(1)
}
