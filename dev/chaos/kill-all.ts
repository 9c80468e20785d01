import { identityOf, isAlive } from '../process-identity.js'
import type { Product } from '../testing/product.js'
import { until } from '../testing/run-npm.js'
import { processesOf } from './processes.js'
import { socketDirOf } from './scene.js'

/** As a power cut: every process of the product dies by KILL. Returns their names. */
export const killAll = async (product: Product): Promise<string[]> => {
  const all = await processesOf(product.home, await socketDirOf(product))
  const { supervisor } = (await product.endpoints()).processes
  // It would bring the others back.
  const victims = all.toSorted((a, b) => Number(b.pid === supervisor) - Number(a.pid === supervisor))
  const known = await Promise.all(victims.map(({ pid }) => identityOf(pid)))
  for (const { pid } of victims) killIfThere(pid)
  for (const who of known)
    if (who !== undefined)
      await until(
        async () => !(await isAlive(who)),
        () => `the process ${who.pid} outlived its SIGKILL`,
      )
  return victims.map(({ name }) => name)
}

/** A guard ends by itself when its worker is gone. */
const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
