import { createHash } from 'node:crypto'
import { chown, mkdir, mkdtemp, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Layout } from '../layout.js'
import { choosePorts } from '../ports.js'
import { runCommand, tryCommand } from '../run-command.js'
import type { ServicePlan } from '../supervised-process.js'
import { secretIn, writeFileAtomically } from '../write-file.js'

export interface LocalDatabase {
  readonly plan: ServicePlan
  /** mysql://…, with the password. */
  readonly url: string
}

export interface DatabaseOptions {
  /** Tests make databases of their own, so their user may. */
  readonly mayCreateDatabases?: boolean
  /** For tests: faster, loses the last moments in a power cut. */
  readonly lessDurable?: boolean
  readonly usualPort?: number
}

/** Plans a private MariaDB of this home: own data, own user and password, loopback only, every commit on disk. */
export const planMariadb = async (
  layout: Layout,
  socketDir: string,
  options: DatabaseOptions = {},
): Promise<LocalDatabase> => {
  const folder = join(layout.stateDir, 'mariadb')
  const owner = await prepareFolder(folder)
  await installOnce(folder, owner)
  const password = await secretIn(join(layout.keysDir, 'database-password'), 24)
  const initFile = await writeInitFile(folder, owner, password, options.mayCreateDatabases === true)
  const { port } = await choosePorts({ port: options.usualPort ?? 0 })
  // The server makes its socket itself, so the folder must be its own.
  const socketHome = join(socketDir, 'mariadb')
  await mkdir(socketHome, { recursive: true, mode: 0o700 })
  if (owner !== undefined) await chown(socketHome, owner.uid, owner.gid)
  const [command, ...first] = asOwner(owner, 'mariadbd')
  return {
    url: `mysql://sendense:${password}@127.0.0.1:${port}/sendense`,
    plan: {
      name: 'mariadb',
      command,
      args: [
        ...first,
        ...serverArguments(folder, socketHome, port, initFile),
        ...durability(options.lessDurable === true),
        ...userArguments(owner),
      ],
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
      cwd: folder,
      logFile: join(layout.logsDir, 'mariadb.log'),
      ready: () => greets(port),
      readyTimeoutMs: 120_000,
      graceMs: 60_000,
    },
  }
}

const serverArguments = (folder: string, socketHome: string, port: number, initFile: string): string[] => [
  '--no-defaults',
  `--datadir=${join(folder, 'data')}`,
  `--tmpdir=${join(folder, 'tmp')}`,
  `--socket=${join(socketHome, 'm.sock')}`,
  `--pid-file=${join(folder, 'pid')}`,
  '--bind-address=127.0.0.1',
  `--port=${port}`,
  '--skip-name-resolve',
  '--local-infile=0',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
  '--default-time-zone=+00:00',
  '--max-connections=300',
  '--innodb-buffer-pool-size=128M',
  `--init-file=${initFile}`,
]

// Each test file makes and drops a database of its own: most of that is waiting for the disk, table by table.
const durability = (less: boolean): string[] =>
  less
    ? ['--innodb-flush-log-at-trx-commit=0', '--sync-frm=0', '--innodb-doublewrite=0']
    : ['--innodb-flush-log-at-trx-commit=1']

interface Owner {
  readonly uid: number
  readonly gid: number
}

const userArguments = (owner: Owner | undefined): string[] =>
  owner === undefined && process.getuid?.() === 0 ? ['--user=root'] : []

const asOwner = (owner: Owner | undefined, program: string): [string, ...string[]] =>
  owner === undefined
    ? [program]
    : ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', '--no-new-privs', program]

/** Makes the folder. For root its owner becomes `nobody`, unless the way to the folder is closed to others. */
const prepareFolder = async (folder: string): Promise<Owner | undefined> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (process.getuid?.() !== 0) return undefined
  const owner = { uid: 65534, gid: 65534 }
  const before = await stat(folder)
  await chown(folder, owner.uid, owner.gid)
  const [command, ...args] = asOwner(owner, 'test')
  const reaches = await tryCommand(command, [...args, '-w', folder])
  if (reaches.status === 0 && before.uid === owner.uid) return owner
  const chosen = reaches.status === 0 ? owner : { uid: 0, gid: 0 }
  await runCommand('chown', ['-R', `${chosen.uid}:${chosen.gid}`, folder])
  return reaches.status === 0 ? owner : undefined
}

/** Makes the system tables in a draft folder that becomes `data` when whole: a start cut short leaves no half of it. */
const installOnce = async (folder: string, owner: Owner | undefined): Promise<void> => {
  await mkdir(join(folder, 'tmp'), { recursive: true, mode: 0o700 })
  if (owner !== undefined) await chown(join(folder, 'tmp'), owner.uid, owner.gid)
  const data = join(folder, 'data')
  if (await exists(data)) return
  const draft = await mkdtemp(join(folder, 'draft-'))
  if (owner !== undefined) await chown(draft, owner.uid, owner.gid)
  const [command, ...first] = asOwner(owner, 'mariadb-install-db')
  // Root logs in by its unix identity alone: no account of this server is without a secret.
  const args = [
    '--no-defaults',
    `--datadir=${draft}`,
    '--skip-test-db',
    '--auth-root-authentication-method=socket',
  ]
  // The caller's TMPDIR may be closed to the owner.
  const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', TMPDIR: join(folder, 'tmp') }
  await runCommand(command, [...first, ...args, ...userArguments(owner)], {
    cwd: folder,
    env,
    timeoutMs: 180_000,
  })
  await runCommand('mv', ['-T', draft, data])
  await removeDrafts(folder)
}

const removeDrafts = async (folder: string): Promise<void> => {
  await runCommand('find', [
    folder,
    '-mindepth',
    '1',
    '-maxdepth',
    '1',
    '-name',
    'draft-*',
    '-exec',
    'rm',
    '-rf',
    '{}',
    '+',
  ])
}

/** What the server does at each start before it lets anybody in. Only the password's hash stands in the file. */
const writeInitFile = async (
  folder: string,
  owner: Owner | undefined,
  password: string,
  mayCreateDatabases: boolean,
): Promise<string> => {
  const file = join(folder, 'init.sql')
  const hash = nativePasswordHash(password)
  const scope = mayCreateDatabases ? '*.*' : '`sendense`.*'
  const statements = [
    'CREATE DATABASE IF NOT EXISTS `sendense` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
    `CREATE USER IF NOT EXISTS 'sendense'@'127.0.0.1' IDENTIFIED BY PASSWORD '${hash}'`,
    `ALTER USER 'sendense'@'127.0.0.1' IDENTIFIED BY PASSWORD '${hash}'`,
    `GRANT ALL PRIVILEGES ON ${scope} TO 'sendense'@'127.0.0.1'`,
    "DELETE FROM mysql.global_priv WHERE User = ''",
    'FLUSH PRIVILEGES',
  ]
  await writeFileAtomically(file, `${statements.join(';\n')};\n`, 0o600)
  if (owner !== undefined) await chown(file, owner.uid, owner.gid)
  return file
}

/** mysql_native_password: SHA1(SHA1(password)) in upper-case hex behind an asterisk. */
const nativePasswordHash = (password: string): string => {
  const sha1 = (data: string | Buffer): Buffer => createHash('sha1').update(data).digest()
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`
}

/** A server that is ready greets each connection first; an overloaded or starting one only accepts it. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const answer = (isGreeting: boolean) => (): void => {
      socket.destroy()
      resolve(isGreeting)
    }
    socket.setTimeout(2000)
    socket
      .once('data', answer(true))
      .once('error', answer(false))
      .once('timeout', answer(false))
      .once('close', answer(false))
  })

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
