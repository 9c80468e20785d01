/** What of an unexpected error may be logged: names and places, no statements or values. */
export function safeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const { code, errno } = error as Error & { code?: unknown; errno?: unknown }
  // Drizzle repeats the statement and its values, the driver the value it refused.
  const isDatabase = error.message.startsWith('Failed query') || 'sqlMessage' in error
  return {
    error: error.name,
    said: isDatabase ? 'a statement failed' : error.message.slice(0, 300),
    ...(code === undefined ? {} : { code }),
    ...(errno === undefined ? {} : { errno }),
    at: places.slice(0, 6).map((line) => line.trim()),
    ...(error.cause instanceof Error && depth < 4 ? { because: safeError(error.cause, depth + 1) } : {}),
  }
}
