import { dirname, join } from 'node:path'
import { readConfig } from '../../../dev/config.js'
import { layoutOf, makeFolders } from '../../../dev/layout.js'
import { provideLabBinary } from '../../../dev/setup/lab-vcenter.js'

interface LabProgram {
  readonly binary: string
  /** The nbdkit that plays the vddk plugin. */
  readonly nbdkit: string
}

/** The practice vCenter that the test run has built; built into the cache where a test is run by itself. */
export const labProgram = async (): Promise<LabProgram> => {
  // eslint-disable-next-line no-restricted-properties -- a test has no config file of its own to ask
  const environment = process.env
  const given = environment['SENDENSE_TEST_LAB_BINARY']
  const binary = given ?? (await build(environment))
  return { binary, nbdkit: join(dirname(binary), 'vddk', 'nbdkit') }
}

const build = async (environment: NodeJS.ProcessEnv): Promise<string> => {
  const { home, cacheDir } = readConfig(process.cwd(), environment)
  const layout = layoutOf(process.cwd(), home, cacheDir)
  await makeFolders(layout)
  return provideLabBinary(layout, { note: () => undefined, cached: () => undefined })
}
