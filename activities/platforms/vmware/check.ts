import { Failure } from '../../../domain/failure.js'
import type { PlatformCheck } from '../../../domain/platform.js'
import { failureOf } from './faults.js'
import { containerOf } from './find-vms.js'
import { propertiesBelow } from './properties.js'
import type { Session } from './session.js'
import { untrusted } from './tls.js'
import { all, field, flagAt, refElement, textAt, type Ref } from './xml.js'

// What a backup needs of the account, asked of the datacenter (or of everything).
const privileges = [
  'VirtualMachine.State.CreateSnapshot',
  'VirtualMachine.State.RemoveSnapshot',
  'VirtualMachine.Config.ChangeTracking',
  'VirtualMachine.Provisioning.DiskRandomRead',
]

const good = (name: string, detail: string, remedy: string | null = null): PlatformCheck => ({
  name,
  ok: true,
  detail,
  remedy,
})

const bad = (name: string, error: unknown): PlatformCheck => {
  if (error instanceof Failure)
    return { name, ok: false, detail: error.message, remedy: error.remedy ?? null }
  return { name, ok: false, detail: 'The check was given up', remedy: null }
}

/** Each line says one thing; the first that fails is the last, for what follows would only repeat it. */
export const check = async (session: Session): Promise<PlatformCheck[]> => {
  const lines: PlatformCheck[] = []
  const line = async (name: string, work: () => Promise<PlatformCheck | undefined>): Promise<boolean> => {
    try {
      const done = await work()
      if (done !== undefined) lines.push(done)
      return done?.ok ?? true
    } catch (error) {
      lines.push(bad(name, failureOf(error, session.doing(`be checked (${name})`))))
      return false
    }
  }
  let container: Ref | undefined
  const steps: [string, () => Promise<PlatformCheck | undefined>][] = [
    ['certificate', () => certificate(session)],
    ['login', () => login(session)],
    ['version', () => version(session)],
    [
      'datacenter',
      async () => {
        container = await containerOf(session, session.platform.datacenter ?? undefined)
        return good(
          'datacenter',
          session.platform.datacenter === null
            ? 'All datacenters are used'
            : `${session.platform.datacenter} is there`,
        )
      },
    ],
    ['privileges', async () => (container === undefined ? undefined : granted(session, container))],
    ['transport', async () => (container === undefined ? undefined : transport(session, container))],
  ]
  for (const [name, work] of steps) if (!(await line(name, work)) && name !== 'privileges') break
  return lines
}

const certificate = async (session: Session): Promise<PlatformCheck> => {
  const shown = await session.certificate()
  if (shown.distrust !== null) throw untrusted(session.endpoint, shown)
  const about = `${shown.subject}, SHA-256 ${shown.sha256}, valid until ${shown.expiresAt}`
  if (session.platform.tls.mode === 'insecure')
    return good(
      'certificate',
      `Not verified, as asked for: ${about}`,
      'Pin this thumbprint or give the CA certificate.',
    )
  return good('certificate', `Trusted (${session.platform.tls.mode}): ${about}`)
}

const login = async (session: Session): Promise<PlatformCheck> => {
  await session.login()
  return good('login', `${session.platform.username} is logged in`)
}

const version = async (session: Session): Promise<PlatformCheck> => {
  const { fullName, apiVersion } = await session.content()
  return good('version', `${fullName}, API ${apiVersion}`)
}

const granted = async (session: Session, entity: Ref): Promise<PlatformCheck | undefined> => {
  const { authorizationManager } = await session.content()
  if (authorizationManager === undefined) return undefined
  const answer = await session.call({
    method: 'HasPrivilegeOnEntities',
    on: authorizationManager,
    parameters:
      refElement('entity', entity) +
      field('sessionId', await session.login()) +
      privileges.map((privilege) => field('privId', privilege)).join(''),
  })
  const told = all(answer, 'returnval').flatMap((each) => all(each, 'privAvailability'))
  const lacking = told
    .filter((each) => flagAt(each, 'isGranted') === false)
    .map((each) => textAt(each, 'privId') ?? '')
  if (told.length === 0) return undefined
  if (lacking.length === 0)
    return good('privileges', `The account has what a backup needs: ${privileges.join(', ')}`)
  return {
    name: 'privileges',
    ok: false,
    detail: `The account lacks ${lacking.join(', ')}`,
    remedy: 'Give the account a role with these privileges on the datacenter, or on the VMs to be protected.',
  }
}

const transport = async (session: Session, container: Ref): Promise<PlatformCheck> => {
  const hosts = await propertiesBelow(session, container, 'HostSystem', ['name'])
  const names = hosts.map(({ values }) => textAt(values.get('name')) ?? '')
  const some =
    names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
  return good(
    'transport',
    `Disks are read over NBD from ${names.length === 0 ? 'the ESXi hosts' : some}, through VDDK`,
    'This is not tried here: the machine that reads must reach TCP 902 of these hosts, by the names shown.',
  )
}
