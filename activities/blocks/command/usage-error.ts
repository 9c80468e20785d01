/** Bad arguments: one sentence for whoever typed them. Nothing has been touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
