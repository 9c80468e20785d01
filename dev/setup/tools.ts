import type { DevConfig } from '../config.js'
import type { Layout } from '../layout.js'
import { runStep } from '../progress.js'
import { provideGuestImages, provideLabBinary } from './lab-vcenter.js'
import {
  basePackages,
  databasePackages,
  installSystemPackages,
  labPackages,
  testPackages,
  type SystemPackage,
} from './system-packages.js'
import { provideTemporalCli, type TemporalCli } from './temporal-cli.js'
import { buildWebPage } from './web-page.js'

export interface ToolChoice {
  readonly lab: boolean
  readonly tests: boolean
}

/** Everything that is built or installed once and then cached. */
export interface Tools {
  /** Undefined when TEMPORAL_ADDRESS names a cluster. */
  readonly temporal: TemporalCli | undefined
  readonly lab: { readonly binary: string; readonly imagesDir: string } | undefined
  readonly webDir: string
}

/** System packages this configuration needs. */
const wantedPackages = (config: DevConfig, choice: ToolChoice): SystemPackage[] => [
  ...basePackages,
  ...(config.databaseUrl === undefined ? databasePackages : []),
  ...(choice.lab ? labPackages : []),
  ...(choice.tests ? testPackages : []),
]

/** Does all set-up that outlives a run, one printed step after the other (two cores build nothing faster in parallel). */
export const provideTools = async (
  layout: Layout,
  config: DevConfig,
  choice: ToolChoice,
  signal: AbortSignal,
): Promise<Tools> => {
  await runStep('system packages', (report) =>
    installSystemPackages(layout, wantedPackages(config, choice), report, signal),
  )
  const temporal =
    config.temporal === undefined
      ? await runStep('Temporal CLI', (report) => provideTemporalCli(layout, report, signal))
      : undefined
  const lab = choice.lab
    ? await provideLab(layout, !choice.tests && config.labScenario === 'demo')
    : undefined
  const webDir = await runStep('web page', (report) => buildWebPage(layout, report, signal))
  return { temporal, lab, webDir }
}

const provideLab = async (layout: Layout, demo: boolean): Promise<Tools['lab']> => ({
  binary: await runStep('practice vCenter', (report) => provideLabBinary(layout, report)),
  imagesDir: await runStep('practice disks', (report) => provideGuestImages(layout, report, demo)),
})
