/**
 * Runs `work` for every item, at most `limit` at once. After the first failure, of work or of the list, it starts no
 * more and rejects with it when all that runs has ended.
 */
export const eachLimited = async <T>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const running = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const fail = (error: unknown): void => void (failure ??= { error })
  try {
    for await (const item of items) {
      if (failure !== undefined) break
      const one: Promise<void> = work(item)
        .catch(fail)
        .finally(() => running.delete(one))
      running.add(one)
      if (running.size >= limit) await Promise.race(running)
      if (failure !== undefined) break
    }
  } catch (error) {
    fail(error)
  }
  await Promise.all(running)
  if (failure !== undefined) throw failure.error
}
