import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Retention } from '../domain/policy.js'
import { usualRetention } from '../domain/rules/keeps.js'
import { parseDatabaseUrl } from '../drizzle/database-url.js'

const absent = (text: unknown) => (text === '' ? undefined : text)
const file = z.preprocess(absent, z.string().optional())

const Environment = z
  .object({
    DATABASE_URL: z.string().superRefine((url, context) => {
      const complaint = complaintAbout(url)
      if (complaint !== null) context.addIssue({ code: 'custom', message: complaint })
    }),
    TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:[0-9]+$/, 'must be host:port'),
    TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
    TEMPORAL_TLS_CERT_FILE: file,
    TEMPORAL_TLS_KEY_FILE: file,
    TEMPORAL_TLS_CA_FILE: file,
    TEMPORAL_API_KEY: z.preprocess(absent, z.string().optional()),
    SENDENSE_HOST: z.string().min(1).default('127.0.0.1'),
    /** 0 asks for any free port; the readiness line says which. */
    PORT: z.coerce.number().int().min(0).max(65_535).default(8082),
    SENDENSE_KEY_FILE: z.string().min(1),
    SENDENSE_WEB_DIR: file,
    TEMPORAL_UI_URL: z.preprocess(absent, z.url({ protocol: /^https?$/ }).optional()),
    SENDENSE_ADMIN_PASSWORD_FILE: file,
    SENDENSE_ADMIN_TOKEN_FILE: file,
    // As the workers have them: previews of what goes next are reckoned here.
    SENDENSE_KEEP_POINTS: z.coerce.number().int().min(0).max(100_000).default(0),
    SENDENSE_KEEP_DAYS: z.coerce.number().min(0).max(36_500).default(0),
    SENDENSE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .superRefine((environment, context) => {
    if (
      (environment.TEMPORAL_TLS_CERT_FILE === undefined) !==
      (environment.TEMPORAL_TLS_KEY_FILE === undefined)
    )
      context.addIssue({
        code: 'custom',
        path: ['TEMPORAL_TLS_KEY_FILE'],
        message: 'TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE go together',
      })
  })

export interface ApiConfig {
  readonly databaseUrl: string
  readonly temporal: TemporalConfig
  readonly host: string
  readonly port: number
  readonly keyFile: string
  readonly webDir: string | undefined
  readonly temporalUiUrl: string | undefined
  readonly adminPasswordFile: string | undefined
  readonly adminTokenFile: string | undefined
  readonly logLevel: string
  readonly usualRetention: Retention
}

export interface TemporalConfig {
  readonly address: string
  readonly namespace: string
  readonly apiKey: string | undefined
  /** Undefined: plain, as the development server speaks. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined
}

/** Reads the process's configuration. Throws one error that names every bad variable. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): ApiConfig {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) throw new Error(`Bad configuration:\n${z.prettifyError(parsed.error)}`)
  const values = parsed.data
  return {
    databaseUrl: values.DATABASE_URL,
    temporal: {
      address: values.TEMPORAL_ADDRESS,
      namespace: values.TEMPORAL_NAMESPACE,
      apiKey: values.TEMPORAL_API_KEY,
      tls: readTls(values),
    },
    host: values.SENDENSE_HOST,
    port: values.PORT,
    keyFile: values.SENDENSE_KEY_FILE,
    webDir: values.SENDENSE_WEB_DIR,
    temporalUiUrl: values.TEMPORAL_UI_URL,
    adminPasswordFile: values.SENDENSE_ADMIN_PASSWORD_FILE,
    adminTokenFile: values.SENDENSE_ADMIN_TOKEN_FILE,
    logLevel: values.SENDENSE_LOG_LEVEL,
    usualRetention: usualRetention(values.SENDENSE_KEEP_POINTS, values.SENDENSE_KEEP_DAYS),
  }
}

// An API key means Temporal Cloud, which speaks TLS only.
function readTls(values: z.infer<typeof Environment>): TemporalConfig['tls'] {
  const { TEMPORAL_TLS_CA_FILE: ca, TEMPORAL_TLS_CERT_FILE: cert, TEMPORAL_TLS_KEY_FILE: key } = values
  if (ca === undefined && cert === undefined && values.TEMPORAL_API_KEY === undefined) return undefined
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  }
}

function complaintAbout(databaseUrl: string): string | null {
  try {
    parseDatabaseUrl(databaseUrl)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'The database address is not usable'
  }
}
