import { once } from 'node:events'
import { openGuard } from '../open-guard.js'
import { spawnChild } from '../spawn-child.js'

// A worker in small: owns one child, says so, and waits to be killed.
const [guardScript, stateDir, socketPath, program, ...args] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
]
const guard = openGuard({ guardScript, stateDir })
const owner = { jobId: 'backup-1', diskId: 'disk-1', attemptNo: 1 }
const child = await spawnChild({
  guard,
  program,
  args,
  name: 'held',
  owner,
  readiness: { socketPath },
  readyTimeoutMs: 10_000,
})
process.stdout.write(
  `${JSON.stringify({ pid: child.pid, startTime: child.startTime, guardPid: guard.pid() })}\n`,
)
await once(process.stdin, 'close')
