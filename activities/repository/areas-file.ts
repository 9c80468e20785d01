import { open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Extent } from '../blocks/end.js'
import { checkExtents } from '../blocks/extents.js'
import { isMissing } from './durable-file.js'

const AreasFile = z.object({
  format: z.literal('sendense-areas'),
  version: z.literal(1),
  size_bytes: z.number().int(),
  /** Offset and length of each area in turn. */
  areas: z.array(z.number().int()),
})

/**
 * Writes down what of a disk a copy reads, durably: an audit judges the rest. Change tracking cannot be asked again for
 * that, it may answer otherwise.
 */
export const writeAreas = async (
  file: string,
  sizeBytes: number,
  extents: readonly Extent[],
): Promise<void> => {
  const content: z.infer<typeof AreasFile> = {
    format: 'sendense-areas',
    version: 1,
    size_bytes: sizeBytes,
    areas: extents.flatMap(({ offset, length }) => [offset, length]),
  }
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(content))
    await handle.sync()
  } catch (error) {
    // A handle's errors do not say of which file they are, and a full repository is named by it.
    throw error instanceof Error ? Object.assign(error, { path: file }) : error
  } finally {
    await handle.close()
  }
}

/** The areas, sorted and apart; undefined where there is no such file of a disk of this size. */
export const readAreas = async (file: string, sizeBytes: number): Promise<Extent[] | undefined> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  const parsed = text === undefined ? undefined : AreasFile.safeParse(jsonOf(text))
  if (parsed?.data?.size_bytes !== sizeBytes) return undefined
  const { areas: numbers } = parsed.data
  const areas = Array.from({ length: Math.floor(numbers.length / 2) }, (_, index) => ({
    offset: numbers[2 * index] ?? 0,
    length: numbers[2 * index + 1] ?? 0,
  }))
  try {
    checkExtents(areas, sizeBytes)
    return areas
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
