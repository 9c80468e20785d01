import { join } from 'node:path'
import { endLeftovers, openChildrenFile, type ChildrenFile } from './children.js'
import { removeEndpoints } from './endpoints.js'
import { makeFolders, type Layout } from './layout.js'
import { lockHolder, tryLock } from './lock.js'
import { print } from './progress.js'
import { setupFailed } from './setup-failed.js'
import { openSocketDir } from './socket-dir.js'

/** The one running set of services of a home: lock, sockets, process records. */
export interface Instance extends AsyncDisposable {
  readonly socketDir: string
  readonly children: ChildrenFile
}

/**
 * Takes the home for this process, or throws a Failure that names who has it. Ends what an earlier run that was
 * killed outright left behind. Released by the kernel if we are killed ourselves.
 */
export const openInstance = async (layout: Layout): Promise<Instance> => {
  await makeFolders(layout)
  const lock = await tryLock(layout.lockFile)
  if (lock === undefined) {
    const holder = await lockHolder(layout.lockFile)
    const who = holder === undefined ? '' : ` (pid ${holder.pid})`
    throw setupFailed(
      `It already runs${who} in ${layout.home}.`,
      `Stop that one first: ${stopCommand(layout)}`,
    )
  }
  await removeEndpoints(layout.endpointsFile)
  const ended = await endLeftovers(layout.childrenFile)
  if (ended.length > 0) print(`• ended what an earlier run left: ${ended.join(', ')}`)
  const sockets = await openSocketDir(layout.runDir)
  return {
    socketDir: sockets.path,
    children: openChildrenFile(layout.childrenFile, sockets.temporary),
    [Symbol.asyncDispose]: async () => {
      await removeEndpoints(layout.endpointsFile)
      await sockets[Symbol.asyncDispose]()
      await lock[Symbol.asyncDispose]()
    },
  }
}

const stopCommand = ({ root, home }: Layout): string =>
  home === join(root, '.sendense') ? 'npm run stop' : `npm run stop -- --home '${home}'`
