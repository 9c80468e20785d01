import type { DiscoveredVm } from '../../../domain/vm.js'
import type { End } from '../../blocks/end.js'
import type { ChangeTracking, DiskReader, PlatformConnection, Source } from '../platform.js'
import { describeInventory } from './inventory-suite.js'
import { describeSnapshots } from './snapshot-suite.js'
import { describeTracking } from './tracking-suite.js'

/** A platform to be tried, with hands on the guests' side of it. */
export interface SuiteSubject extends AsyncDisposable {
  readonly connection: PlatformConnection
  readonly names: {
    /** A running VM whose first disk holds data, is at least 1 MiB, and has change tracking off. */
    readonly running: string
    /** A VM that is powered off. */
    readonly off: string
    /** A running VM with change tracking off, which no other test turns on. */
    readonly untracked: string
    /** A name that at least two VMs bear. */
    readonly twins: string
  }
  /** Writes and reads as the guest does. */
  write(vm: DiscoveredVm, diskKey: number, offset: number, bytes: Buffer): Promise<void>
  read(vm: DiscoveredVm, diskKey: number, offset: number, length: number): Promise<Buffer>
  /** Opens the reader as a backup would. */
  openReader(reader: DiskReader): Promise<End>
}

/** A subject whose roles are all there. */
export interface SuiteParts {
  readonly subject: () => SuiteSubject
  readonly inventory: () => PlatformConnection['inventory']
  readonly source: () => Source
  readonly tracking: () => ChangeTracking
  /** The only VM of this name. */
  readonly vmNamed: (name: string) => Promise<DiscoveredVm>
  /** A snapshot name nobody has used, under the suite's own prefix. */
  readonly newToken: () => string
  readonly tokenPrefix: string
}

const needed = <T>(role: T | undefined, name: string): T => {
  if (role === undefined) throw new Error(`the platform has no role ${name}`)
  return role
}

/** What every driver of a source platform must do. `open` is called once; the suite removes its snapshots. */
export const describePlatform = (name: string, open: () => Promise<SuiteSubject>): void => {
  describe(`platform ${name}`, () => {
    let opened: SuiteSubject | undefined
    let tokens = 0
    const tokenPrefix = `suite:${process.pid}:`
    const subject = (): SuiteSubject => needed(opened, 'subject')
    const parts: SuiteParts = {
      subject,
      inventory: () => subject().connection.inventory,
      source: () => needed(subject().connection.source, 'source'),
      tracking: () => needed(subject().connection.changeTracking, 'changeTracking'),
      vmNamed: async (vmName) => {
        const found = await parts.inventory().listVms({ name: vmName })
        if (found.length !== 1) throw new Error(`${found.length} VMs are named ${vmName}`)
        return needed(found[0], vmName)
      },
      newToken: () => `${tokenPrefix}${++tokens}`,
      tokenPrefix,
    }
    beforeAll(async () => {
      opened = await open()
    }, 180_000)
    afterEach(async () => {
      if (opened === undefined) return
      for (const left of await parts.source().snapshotsNamed(tokenPrefix))
        await parts.source().removeSnapshot(left.instanceUuid, left.token)
    })
    afterAll(async () => {
      await opened?.[Symbol.asyncDispose]()
    })
    describe('inventory', () => describeInventory(parts))
    describe('snapshots', () => describeSnapshots(parts))
    describe('change tracking', () => describeTracking(parts))
  })
}
