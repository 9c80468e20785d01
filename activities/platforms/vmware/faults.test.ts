import { Failure } from '../../../domain/failure.js'
import { failureOf, isQuiesceFault, type Doing } from './faults.js'
import { SoapFault } from './soap-fault.js'
import { at, parseXml } from './xml.js'

const doing: Doing = {
  host: 'vc1.example.com',
  username: 'backup@vsphere.local',
  doing: 'take a snapshot of VM pgtest1',
  vmName: 'pgtest1',
}

const fault = (type: string, sentence = '', xml = ''): SoapFault =>
  new SoapFault(type, sentence, at(parseXml(`<d>${xml}</d>`), 'd'))

test.each([
  { type: 'InvalidLogin', code: 'source-login-refused', retry: false },
  { type: 'NoPermission', code: 'source-permission-denied', retry: false },
  { type: 'NotAuthenticated', code: 'source-session-lost', retry: true },
  { type: 'TaskInProgress', code: 'vm-busy', retry: true },
  { type: 'ConcurrentAccess', code: 'vm-busy', retry: true },
  { type: 'ApplicationQuiesceFault', code: 'snapshot-failed', retry: true },
  { type: 'TooManySnapshotLevels', code: 'snapshot-failed', retry: false },
  { type: 'NoDiskSpace', code: 'datastore-low', retry: false },
  { type: 'HostNotConnected', code: 'source-unreachable', retry: true },
  { type: 'FileFault', code: 'source-fault', retry: false },
  { type: 'SomethingNew', code: 'source-fault', retry: false },
])('$type is $code', ({ type, code, retry }) => {
  const failure = failureOf(fault(type, 'The server’s words.'), doing)
  expect(failure).toMatchObject({
    code,
    retry,
    facts: { host: 'vc1.example.com', fault: type, vm: 'pgtest1' },
  })
  expect((failure as Failure).message).toContain('vc1.example.com')
})

test('a missing privilege is named in the sentence and the facts', () => {
  const xml =
    '<object type="VirtualMachine">vm-1</object><privilegeId>VirtualMachine.State.CreateSnapshot</privilegeId>'
  expect(failureOf(fault('NoPermission', '', xml), doing)).toMatchObject({
    message:
      'vCenter vc1.example.com refuses to take a snapshot of VM pgtest1: backup@vsphere.local lacks the privilege VirtualMachine.State.CreateSnapshot',
    facts: { privilege: 'VirtualMachine.State.CreateSnapshot' },
  })
})

test('a file fault names its file once', () => {
  expect(failureOf(fault('FileFault', 'File is locked.', '<file>[ds] a/a.vmdk</file>'), doing)).toMatchObject(
    {
      message:
        'vCenter vc1.example.com could not take a snapshot of VM pgtest1: File is locked (FileFault) ([ds] a/a.vmdk)',
    },
  )
})

test('the name of a Go type is no sentence', () => {
  const failure = failureOf(fault('SystemError', '*types.SystemError'), doing) as Failure
  expect(failure.message).toBe('vCenter vc1.example.com could not take a snapshot of VM pgtest1: SystemError')
})

test('what is no fault passes through', () => {
  const failure = new Failure('vm-not-found', 'gone', { retry: false })
  expect(failureOf(failure, doing)).toBe(failure)
})

test.each([
  { name: 'by its type', error: fault('FilesystemQuiesceFault'), quiesce: true },
  {
    name: 'by its message key',
    error: fault(
      'GenericVmConfigFault',
      '',
      '<faultMessage><key>msg.snapshot.error-QUIESCINGERROR</key></faultMessage>',
    ),
    quiesce: true,
  },
  { name: 'not for a general fault', error: fault('GenericVmConfigFault', 'quiescing'), quiesce: false },
  { name: 'not for a lack of room', error: fault('NoDiskSpace'), quiesce: false },
])('a failure to quiesce is told $name', ({ error, quiesce }) => {
  expect(isQuiesceFault(error)).toBe(quiesce)
})
