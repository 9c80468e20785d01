import * as auth from './auth.js'
import * as backups from './backups.js'
import * as discovery from './discover.js'
import * as events from './events.js'
import { health } from './health.js'
import type { Operation } from './operation.js'
import * as platforms from './platforms.js'
import * as repositories from './repositories.js'
import * as vmContexts from './vm-contexts.js'

/** Every operation, in the order in which routes are tried: `/backups/chain` before `/backups/{id}`. */
export const operations = [
  auth.login,
  auth.logout,
  auth.changePassword,
  auth.me,
  health,
  platforms.listPlatforms,
  platforms.createPlatform,
  platforms.getPlatform,
  platforms.replacePlatform,
  platforms.updatePlatform,
  platforms.deletePlatform,
  platforms.testPlatform,
  discovery.discover,
  discovery.getDiscovery,
  vmContexts.addVmContexts,
  vmContexts.listVmContexts,
  vmContexts.getVmContext,
  repositories.listRepositories,
  repositories.createRepository,
  repositories.getRepository,
  repositories.deleteRepository,
  repositories.getRepositoryStorage,
  repositories.rescanRepository,
  backups.startBackup,
  backups.listBackups,
  backups.getBackupChain,
  backups.getBackup,
  backups.deleteBackup,
  backups.cancelBackup,
  backups.auditBackup,
  backups.pauseBackup,
  backups.resumeBackup,
  backups.verifyBackup,
  backups.getDiskContent,
  backups.startBackupAlias,
  backups.listBackupsAlias,
  backups.getBackupChainAlias,
  backups.getBackupAlias,
  backups.deleteBackupAlias,
  events.streamEvents,
] as const satisfies readonly Operation[]
