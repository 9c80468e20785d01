// Ends a worker's children when the worker is gone. Run as `node guard.mjs`; stdin is a pipe that only the worker
// holds, so its end of file is the worker's death, however it died. One JSON line per request, `{"done":id}` back.
import { readFileSync, rmSync } from 'node:fs'

const children = new Map()
const pollMs = 20
const patienceMs = 5000

// A terminal's Ctrl-C reaches the whole group; the worker wants to stop in order and must still be guarded then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
process.stdout.on('error', () => {})

/** Field 22 of /proc/<pid>/stat, undefined for a process that is gone (or a zombie). The name may hold spaces. */
const startTimeOf = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}
const isAlive = ({ pid, startTime }) => startTimeOf(pid) === startTime

const kill = (child) => {
  // The same number may belong to somebody else by now: only pid and start time together name a process.
  if (!isAlive(child)) return
  // Each child leads its own group, so scripts started by nbdkit plugins go with it.
  for (const target of [-child.pid, child.pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

const endAll = () => {
  const all = [...children.values()]
  for (const child of all) kill(child)
  const deadline = Date.now() + patienceMs
  const tidy = () => {
    const left = all.filter(isAlive)
    if (left.length > 0 && Date.now() < deadline) return void setTimeout(tidy, pollMs)
    for (const child of all)
      if (!left.includes(child)) for (const file of child.files) rmSync(file, { force: true })
    process.exit(0)
  }
  tidy()
}

const take = (line) => {
  const { id, add, remove } = JSON.parse(line)
  if (add) children.set(add.pid, add)
  if (remove && children.get(remove.pid)?.startTime === remove.startTime) children.delete(remove.pid)
  process.stdout.write(`${JSON.stringify({ done: id })}\n`)
}

let rest = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) take(line)
})
process.stdin.on('end', endAll)
process.stdin.on('error', endAll)
