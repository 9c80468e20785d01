/**
 * Works on at most `limit` items at once and yields what comes of them in the items' order. After a failure it starts
 * no more and rejects when all that runs has ended.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const line: Promise<R>[] = []
  try {
    for await (const item of items) {
      const one = work(item)
      // Its turn to be awaited may never come.
      one.catch(() => {})
      line.push(one)
      if (line.length >= limit) yield await line.shift()!
    }
    while (line.length > 0) yield await line.shift()!
  } finally {
    await Promise.allSettled(line)
  }
}
