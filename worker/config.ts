import { z } from 'zod'
import { noticeKinds } from '../domain/notice.js'

const optionalFile = z.string().min(1).optional()
const limit = (usual: number) => z.coerce.number().int().min(1).max(1000).default(usual)

const absent = (text: unknown) => (text === '' ? undefined : text)

const WebhookUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  if (!URL.canParse(url)) return true
  const { username, password } = new URL(url)
  return username === '' && password === ''
}, 'must not carry a user name or a password: sign with SENDENSE_WEBHOOK_SECRET_FILE')

/** Everything the worker takes from its environment; all that is wrong is said at once. */
const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^(mysql|mariadb)$/ }),
  TEMPORAL_ADDRESS: z.string().min(3).default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_TLS_CERT_FILE: optionalFile,
  TEMPORAL_TLS_KEY_FILE: optionalFile,
  TEMPORAL_TLS_CA_FILE: optionalFile,
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  SENDENSE_KEY_FILE: z.string().min(1),
  // Sockets live here: a unix socket's path has room for 107 characters.
  SENDENSE_RUN_DIR: z.string().min(1).max(70),
  SENDENSE_NBDKIT: z.string().min(1).default('nbdkit'),
  SENDENSE_VDDK_LIBDIR: z.string().min(1).default('/usr/lib/vmware-vix-disklib'),
  SENDENSE_ROLES: z
    .string()
    .default('control,capture,repository')
    .transform((text) => text.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(['control', 'capture', 'repository'])).min(1)),
  /** Disks that one process copies or verifies at the same time; more wait. */
  SENDENSE_MOVERS: z.coerce.number().int().min(1).max(64).default(4),
  // Backups with an open snapshot at the same time on one vCenter, host, datastore, and into one repository.
  SENDENSE_LIMIT_VCENTER: limit(8),
  SENDENSE_LIMIT_HOST: limit(4),
  SENDENSE_LIMIT_DATASTORE: limit(4),
  SENDENSE_LIMIT_REPOSITORY: limit(4),
  SENDENSE_HEARTBEAT_SECONDS: z.coerce.number().int().min(5).max(600).default(30),
  // How long a paused backup keeps its snapshot, which grows all the while; fractions are for trying it out.
  SENDENSE_PAUSE_MINUTES: z.coerce.number().min(0.01).max(1440).default(60),
  // How often a backup that a full repository has paused looks whether it has room again.
  SENDENSE_ROOM_CHECK_SECONDS: z.coerce.number().int().min(1).max(3600).default(30),
  // How long the end of a run tries to remove snapshot and files; after that it is left to the sweeper.
  SENDENSE_UNDO_SECONDS: z.coerce.number().int().min(5).max(86_400).default(600),
  SENDENSE_SWEEP_SECONDS: z.coerce.number().int().min(5).max(86_400).default(300),
  SENDENSE_RECONCILE_SECONDS: z.coerce.number().int().min(5).max(86_400).default(300),
  // A schedule's ring that comes later than this, jitter apart, goes by the flow's missed-run policy.
  SENDENSE_LATE_SECONDS: z.coerce.number().int().min(1).max(3600).default(90),
  SENDENSE_FULL_EVERY_DAYS: z.coerce.number().positive().max(3650).default(7),
  SENDENSE_FULL_EVERY_POINTS: z.coerce.number().int().min(1).max(1000).default(30),
  // Of each VM in each repository; 0 = this measure says nothing, both 0 = all is kept. Whole chains go.
  SENDENSE_KEEP_POINTS: z.coerce.number().int().min(0).max(100_000).default(0),
  SENDENSE_KEEP_DAYS: z.coerce.number().min(0).max(36_500).default(0),
  // After a crash at most about twice this much is copied again.
  SENDENSE_CHECKPOINT_MIB: z.coerce.number().int().min(1).max(4096).default(128),
  SENDENSE_CHECKPOINT_SECONDS: z.coerce.number().int().min(1).max(60).default(5),
  // Ended executions, decided due times and failed backups go when they are older, or not among the newest of a flow.
  SENDENSE_HISTORY_DAYS: z.coerce.number().int().min(1).max(36_500).default(365),
  SENDENSE_HISTORY_RUNS: z.coerce.number().int().min(1).max(1_000_000).default(1000),
  // Told of runs with warnings or errors and of due times that nothing ran for.
  SENDENSE_WEBHOOK_URL: z.preprocess(absent, WebhookUrl.optional()),
  SENDENSE_WEBHOOK_SECRET_FILE: z.preprocess(absent, optionalFile),
  SENDENSE_WEBHOOK_ON: z
    .string()
    .default(noticeKinds.join(','))
    .transform((text) => text.split(',').map((kind) => kind.trim()))
    .pipe(z.array(z.enum(noticeKinds)).min(1)),
  SENDENSE_STALL_SECONDS: z.coerce.number().int().min(5).max(3600).default(120),
  // How long a copy tries to open an end again that it lost, before its attempt is given up.
  SENDENSE_REOPEN_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
})

export type WorkerConfig = z.infer<typeof Environment>

/** Throws one error that lists every bad variable. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const parsed = Environment.safeParse(env)
  if (!parsed.success) throw new Error(`Bad configuration:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

export const config = (): WorkerConfig => readConfig(process.env)
