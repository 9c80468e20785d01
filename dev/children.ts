import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { ProcessIdentity, endProcess, isAlive } from './process-identity.js'
import { readTextIfThere, writeFileAtomically } from './write-file.js'

const Child = ProcessIdentity.extend({ name: z.string(), graceMs: z.number() })
export type ChildRecord = z.infer<typeof Child>

const Children = z.object({ children: z.array(Child), socketDir: z.string().nullable() })

/**
 * The processes of one run, written down before anything waits for them: a supervisor that is killed outright
 * leaves them running, and the next start (or `npm run stop`) finds and ends them by pid and start time.
 */
export interface ChildrenFile {
  record(child: ChildRecord): Promise<void>
  clear(): Promise<void>
}

/** `socketDir`: a temporary folder of this run that lies outside its home, removed with the leftovers. */
export const openChildrenFile = (file: string, socketDir: string | null): ChildrenFile => {
  const children = new Map<string, ChildRecord>()
  // One write at a time, each with all that is known: two restarts in the same moment must not lose one.
  let writing: Promise<void> = Promise.resolve()
  return {
    record: (child) => {
      children.set(child.name, child)
      writing = writing.then(() => {
        const text = JSON.stringify({ children: [...children.values()], socketDir })
        return writeFileAtomically(file, `${text}\n`, 0o600)
      })
      return writing
    },
    clear: async () => {
      await writing
      await rm(file, { force: true })
    },
  }
}

/** Ends what an earlier run left behind, last started first. Returns `name (pid)` of each that was still there. */
export const endLeftovers = async (file: string): Promise<string[]> => {
  const text = await readTextIfThere(file)
  if (text === undefined) return []
  const found = Children.safeParse(safeJson(text))
  const ended: string[] = []
  if (found.success) {
    for (const child of [...found.data.children].reverse()) {
      if (!(await isAlive(child))) continue
      await endProcess(child, child.graceMs)
      ended.push(`${child.name} (${child.pid})`)
    }
    if (found.data.socketDir !== null) await rm(found.data.socketDir, { recursive: true, force: true })
  }
  await rm(file, { force: true })
  return ended
}

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
