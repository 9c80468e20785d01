import { readFileSync, writeFileSync } from 'node:fs'
import type { JobResult } from './job.js'
import { memoryOf } from './process-usage.js'

/**
 * Does the job that the command line names, measured from inside: a worker lives for months, so neither the start of
 * Node nor the compiling of TypeScript is counted. `work` resolves with when each of its copies ended.
 */
export const measuredJob = async <Job>(work: (job: Job) => Promise<readonly number[]>): Promise<void> => {
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Job
  const idleRssBytes = memoryOf('self')?.rssBytes ?? 0
  forgetPeak()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const ends = await work(job)
  // To the end of the last copy: taking leave of the servers is over when the process is.
  const seconds = (Math.max(...ends) - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const peakRssBytes = memoryOf('self')?.peakRssBytes ?? 0
  const spreadSeconds = (Math.max(...ends) - Math.min(...ends)) / 1000
  const cpuSeconds = (user + system) / 1e6
  const result: JobResult = { seconds, cpuSeconds, peakRssBytes, idleRssBytes, spreadSeconds }
  process.stdout.write(JSON.stringify(result))
}

// 5: start the high-water mark anew, from what is taken now; compiling took more than the copy may.
const forgetPeak = (): void => writeFileSync('/proc/self/clear_refs', '5')
