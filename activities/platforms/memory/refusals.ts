import { Failure } from '../../../domain/failure.js'
import type { MemoryDatacentre } from './datacentre.js'

export const vmMissing = (datacentre: MemoryDatacentre, instanceUuid: string): Failure =>
  new Failure('vm-not-found', `${datacentre.name} has no VM with the instance UUID ${instanceUuid}`, {
    retry: false,
    facts: { host: datacentre.name, instance_uuid: instanceUuid },
    remedy: 'Discover the VMs anew.',
  })

export const snapshotGone = (datacentre: MemoryDatacentre, token: string): Failure =>
  new Failure('snapshot-gone', `The snapshot ${token} is no longer there on ${datacentre.name}`, {
    retry: false,
    facts: { host: datacentre.name, token },
    remedy: 'Start the backup again.',
  })

export const loginRefused = (datacentre: MemoryDatacentre, username: string): Failure =>
  new Failure('source-login-refused', `${datacentre.name} refuses the user name or password of ${username}`, {
    retry: false,
    facts: { host: datacentre.name },
    remedy: 'Enter the right user name and password for this platform.',
  })

export const cannotQuiesce = (datacentre: MemoryDatacentre, vmName: string): Failure =>
  new Failure('snapshot-failed', `VM ${vmName} on ${datacentre.name} cannot be quiesced`, {
    retry: true,
    facts: { host: datacentre.name, vm: vmName },
    remedy: 'Allow a crash-consistent backup (quiesce: prefer or never).',
  })

export const trackingUnavailable = (disk: string, why: string): Failure =>
  new Failure('change-tracking-unavailable', `Change tracking cannot answer for ${disk}: ${why}`, {
    retry: false,
    facts: { disk },
    remedy: 'The disk is read in full.',
  })
