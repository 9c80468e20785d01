import { z } from 'zod'

const optionalFile = z.string().min(1).optional()

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
  SENDENSE_HEARTBEAT_SECONDS: z.coerce.number().int().min(5).max(600).default(30),
  SENDENSE_SWEEP_SECONDS: z.coerce.number().int().min(5).max(86_400).default(300),
  SENDENSE_STALL_SECONDS: z.coerce.number().int().min(5).max(3600).default(120),
})

export type WorkerConfig = z.infer<typeof Environment>

/** Throws one error that lists every bad variable. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const parsed = Environment.safeParse(env)
  if (!parsed.success) throw new Error(`Bad configuration:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

export const config = (): WorkerConfig => readConfig(process.env)
