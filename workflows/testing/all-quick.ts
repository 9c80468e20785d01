/** The registry with quick backups: what is declared here goes before what it takes over. */
export * from '../all.js'
export { quickBackup as 'backup-vm' } from './quick-backup.js'
