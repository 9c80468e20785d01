import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { setupFailed } from './setup-failed.js'

/** 0 takes any free one. */
const port = z.coerce.number().int().min(0).max(65535)
const absolutePath = z.string().refine(isAbsolute, 'must be an absolute path')

const Variables = z
  .object({
    SENDENSE_HOME: absolutePath.optional(),
    // Shared by a second home (tests), so that it need not build the tools again.
    SENDENSE_CACHE_DIR: absolutePath.optional(),
    DATABASE_URL: z.url({ protocol: /^mysql$/ }).optional(),
    TEMPORAL_ADDRESS: z
      .string()
      .regex(/^[^\s/:]+:\d+$/, 'must be host:port')
      .optional(),
    TEMPORAL_NAMESPACE: z.string().min(1).optional(),
    TEMPORAL_TLS_CERT_FILE: absolutePath.optional(),
    TEMPORAL_TLS_KEY_FILE: absolutePath.optional(),
    TEMPORAL_TLS_CA_FILE: absolutePath.optional(),
    TEMPORAL_API_KEY: z.string().min(1).optional(),
    TEMPORAL_UI_URL: z.url().optional(),
    PORT: port.default(8082),
    SENDENSE_NBDKIT: absolutePath.optional(),
    SENDENSE_VDDK_LIBDIR: absolutePath.optional(),
    SENDENSE_LAB_SCENARIO: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be the name of a file in lab/scenarios, without .json')
      .default('demo'),
  })
  .refine((v) => (v.TEMPORAL_TLS_CERT_FILE === undefined) === (v.TEMPORAL_TLS_KEY_FILE === undefined), {
    path: ['TEMPORAL_TLS_CERT_FILE'],
    message: 'TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE go together',
  })

/** A Temporal cluster that others run. */
export interface ForeignTemporal {
  readonly address: string
  readonly namespace: string
  readonly uiUrl: string | undefined
  /** TLS files and API key, by the variable names that worker and API read. */
  readonly credentials: Readonly<Record<string, string>>
}

export interface DevConfig {
  readonly home: string
  readonly cacheDir: string
  readonly databaseUrl: string | undefined
  readonly temporal: ForeignTemporal | undefined
  readonly apiPort: number
  readonly nbdkit: string | undefined
  readonly vddkLibdir: string | undefined
  /** File in lab/scenarios: which data centre the practice vCenter plays. */
  readonly labScenario: string
}

/**
 * The one reader of the environment in dev/. `root` is the checkout; `home` overrides SENDENSE_HOME (from --home).
 * Throws a Failure that names every bad variable at once.
 */
export const readConfig = (root: string, environment: NodeJS.ProcessEnv, home?: string): DevConfig => {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = Variables.safeParse(present)
  if (!parsed.success)
    throw setupFailed(
      `Bad configuration:\n${z.prettifyError(parsed.error)}`,
      'Correct or unset these variables.',
    )
  const found = parsed.data
  const chosenHome = resolve(root, home ?? found.SENDENSE_HOME ?? '.sendense')
  return {
    home: chosenHome,
    cacheDir: found.SENDENSE_CACHE_DIR ?? join(chosenHome, 'cache'),
    databaseUrl: found.DATABASE_URL,
    temporal: foreignTemporal(found),
    apiPort: found.PORT,
    nbdkit: found.SENDENSE_NBDKIT,
    vddkLibdir: found.SENDENSE_VDDK_LIBDIR,
    labScenario: found.SENDENSE_LAB_SCENARIO,
  }
}

const credentialNames = [
  'TEMPORAL_TLS_CERT_FILE',
  'TEMPORAL_TLS_KEY_FILE',
  'TEMPORAL_TLS_CA_FILE',
  'TEMPORAL_API_KEY',
] as const

const foreignTemporal = (found: z.infer<typeof Variables>): ForeignTemporal | undefined => {
  if (found.TEMPORAL_ADDRESS === undefined) return undefined
  const credentials: Record<string, string> = {}
  for (const name of credentialNames) if (found[name] !== undefined) credentials[name] = found[name]
  return {
    address: found.TEMPORAL_ADDRESS,
    namespace: found.TEMPORAL_NAMESPACE ?? 'default',
    uiUrl: found.TEMPORAL_UI_URL,
    credentials,
  }
}
