import { constants } from 'node:os'

import { runCommandLine } from './command-line.js'

// The entry point of `npm run blocks`; dev/bootstrap.mjs starts it in the caller's directory.
const stopping = new AbortController()
let stoppedBy = 0
let stoppedAt = 0

// Ends are given so long to be closed in order; a server that does not answer must not hold Ctrl-C up.
const closeMs = 900
// One Ctrl-C comes from the terminal, from npm and from the bootstrap; only a later one is a second wish.
const sameWishMs = 1500

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    if (stopping.signal.aborted) {
      if (performance.now() - stoppedAt > sameWishMs) process.exit(stoppedBy)
      return
    }
    stoppedBy = 128 + constants.signals[name]
    stoppedAt = performance.now()
    stopping.abort()
    setTimeout(() => process.exit(stoppedBy), closeMs)
  })

// A reader that went away (`| head`) is no trouble of the copy's.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const status = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
})
process.exit(stopping.signal.aborted && status !== 0 ? stoppedBy : status)
