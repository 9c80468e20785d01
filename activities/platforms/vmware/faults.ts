import { Failure, type FailureCode } from '../../../domain/failure.js'
import { SoapFault } from './soap-fault.js'
import { textAt } from './xml.js'

/** What was being done, for the sentence: `vCenter <host> could not <doing>: …`. */
export interface Doing {
  readonly host: string
  readonly username: string
  /** E.g. `take a snapshot of VM pgtest1`. */
  readonly doing: string
  readonly vmName?: string
}

interface FaultRule {
  readonly code: FailureCode
  readonly retry: boolean
  readonly says: (doing: Doing, fault: SoapFault) => string
  readonly remedy?: string
}

const said = (fault: SoapFault): string => {
  const own = [fault.sentence, textAt(fault.detail, 'faultMessage', 'message')].find(
    (text) => text !== undefined && text !== '',
  )
  const file = textAt(fault.detail, 'file')
  const about = file === undefined || file === '' || own?.includes(file) === true ? '' : ` (${file})`
  return (own === undefined ? fault.type : `${own.replace(/\.$/, '')} (${fault.type})`) + about
}

const could = (doing: Doing, fault: SoapFault): string =>
  `vCenter ${doing.host} could not ${doing.doing}: ${said(fault)}`

const because =
  (reason: string) =>
  (doing: Doing, fault: SoapFault): string =>
    `vCenter ${doing.host} could not ${doing.doing}: ${reason}${fault.sentence === '' ? '' : `; it says: ${fault.sentence}`}`

const rule = (code: FailureCode, retry: boolean, says: FaultRule['says'], remedy?: string): FaultRule => ({
  code,
  retry,
  says,
  ...(remedy === undefined ? {} : { remedy }),
})

const busy = rule(
  'vm-busy',
  true,
  because('another task of the VM is running'),
  'It is tried again by itself; see the VM’s recent tasks in the vSphere Client.',
)
const hostAway = rule(
  'source-unreachable',
  true,
  because('the vCenter does not reach the ESXi host'),
  'Check the host in the vSphere Client; the step is tried again by itself.',
)
const quiesceFailed = rule(
  'snapshot-failed',
  true,
  because('the file systems in the guest could not be brought to rest'),
  'Check VMware Tools and the VSS writers in the guest, or allow a crash-consistent backup (quiesce: prefer or never).',
)
const snapshotRefused = rule(
  'snapshot-failed',
  false,
  could,
  'Look at the VM’s snapshots and disks in the vSphere Client.',
)
const fileTrouble = rule(
  'source-fault',
  false,
  could,
  'Look at the file on the datastore and at the VM’s events in the vSphere Client.',
)
const gone = rule('source-fault', false, because('it is no longer there'), 'Discover the VM anew.')
const full = rule(
  'datastore-low',
  false,
  because('the datastore is full'),
  'Free space on the datastore, then start the backup again.',
)
const transient = rule(
  'source-fault',
  true,
  could,
  'It is tried again by itself; if it stays, see the vCenter’s events.',
)

/** The one place where a vSphere fault becomes a Failure, by its type alone. */
const rules: Readonly<Record<string, FaultRule>> = {
  InvalidLogin: rule(
    'source-login-refused',
    false,
    (doing) => `vCenter ${doing.host} refuses the user name or password of ${doing.username}`,
    'Enter the right user name and password for this platform; look for a locked account before trying often.',
  ),
  PasswordExpired: rule(
    'source-login-refused',
    false,
    (doing) => `The password of ${doing.username} on vCenter ${doing.host} has expired`,
    'Give the account a new password and enter it for this platform.',
  ),
  NoPermission: rule(
    'source-permission-denied',
    false,
    (doing, fault) => {
      const privilege = textAt(fault.detail, 'privilegeId')
      const lacks = privilege === undefined || privilege === '' ? 'a privilege' : `the privilege ${privilege}`
      return `vCenter ${doing.host} refuses to ${doing.doing}: ${doing.username} lacks ${lacks}`
    },
    'Give the account a role with this privilege on the VM, its folder or the datacenter.',
  ),
  NotAuthenticated: rule(
    'source-session-lost',
    true,
    (doing) => `vCenter ${doing.host} ended the session again right after a new login`,
    'It is tried again by itself; if it stays, look for something that ends sessions in the vCenter.',
  ),
  ManagedObjectNotFound: gone,
  TaskInProgress: busy,
  ConcurrentAccess: busy,
  ResourceInUse: busy,
  InvalidState: rule(
    'vm-busy',
    true,
    because('the VM’s state does not allow it now'),
    'It is tried again by itself; see the VM’s recent tasks in the vSphere Client.',
  ),
  FileLocked: busy,
  InvalidPowerState: rule('source-fault', false, because('the VM’s power state does not allow it')),
  ApplicationQuiesceFault: quiesceFailed,
  FilesystemQuiesceFault: quiesceFailed,
  ToolsUnavailable: quiesceFailed,
  SnapshotFault: snapshotRefused,
  SnapshotIncompatibleDeviceInVm: snapshotRefused,
  SnapshotDisabled: snapshotRefused,
  SnapshotLocked: snapshotRefused,
  TooManySnapshotLevels: snapshotRefused,
  MultipleSnapshotsNotSupported: snapshotRefused,
  MemorySnapshotOnIndependentDisk: snapshotRefused,
  GenericVmConfigFault: snapshotRefused,
  FileFault: fileTrouble,
  FileNotFound: fileTrouble,
  FileAlreadyExists: fileTrouble,
  CannotAccessFile: fileTrouble,
  CannotAccessVmDisk: fileTrouble,
  CannotAccessVmConfig: fileTrouble,
  NoDiskSpace: full,
  InsufficientStorageSpace: full,
  DatacenterMismatch: fileTrouble,
  HostCommunication: hostAway,
  HostNotReachable: hostAway,
  HostNotConnected: hostAway,
  HostConnectFault: hostAway,
  InvalidHostState: hostAway,
  Timedout: transient,
  SystemError: transient,
  RequestCanceled: transient,
  HostConfigFault: transient,
}

const otherwise = rule(
  'source-fault',
  false,
  could,
  'See the VM’s and the vCenter’s events in the vSphere Client.',
)

/** The Failure for a fault; whatever is no fault comes back as it is. */
export const failureOf = (error: unknown, doing: Doing): unknown => {
  if (!(error instanceof SoapFault)) return error
  const { code, retry, says, remedy } = rules[error.type] ?? otherwise
  return new Failure(code, says(doing, error), {
    retry,
    facts: {
      host: doing.host,
      fault: error.type,
      ...(doing.vmName === undefined ? {} : { vm: doing.vmName }),
      ...(code === 'source-permission-denied'
        ? { privilege: textAt(error.detail, 'privilegeId') ?? null }
        : {}),
    },
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  })
}

/** Runs the work; a fault in it leaves as a Failure that says what was being done. */
export const naming = async <T>(doing: Doing, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw failureOf(error, doing)
  }
}

/** True where the guest could not be quiesced, so that a snapshot without quiescing may still succeed. */
export const isQuiesceFault = (error: unknown): boolean => {
  if (!(error instanceof SoapFault)) return false
  if (rules[error.type] === quiesceFailed) return true
  // ESXi also reports it as a general fault whose message key tells: msg.snapshot.error-QUIESCINGERROR.
  const keys = [textAt(error.detail, 'faultMessage', 'key'), textAt(error.detail, 'reason')]
  return rules[error.type] === snapshotRefused && keys.some((key) => /quiesc/i.test(key ?? ''))
}
