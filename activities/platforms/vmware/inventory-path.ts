import { propertiesOf, type ObjectProperties } from './properties.js'
import type { Session } from './session.js'
import { refAt, textAt, type Ref } from './xml.js'

/** Where a VM stands in the inventory. */
export interface Place {
  readonly datacenter: string
  /** `/<datacenter>/vm/<folders>`, without the VM's own name. */
  readonly folder: string
}

interface Ancestor {
  readonly type: string
  readonly name: string
  readonly parent: Ref | undefined
}

// vSphere escapes these three, and only these, in the names of managed entities.
const escaped: Readonly<Record<string, string>> = { '%2f': '/', '%5c': '\\', '%25': '%' }

/** The name as its owner wrote it. */
export const plainName = (name: string): string =>
  name.replace(/%(?:2f|5c|25)/gi, (code) => escaped[code.toLowerCase()] ?? code)

// A VM of a vApp has no parent folder of its own; the vApp has.
const parentPaths: Readonly<Record<string, readonly string[]>> = {
  VirtualApp: ['parentFolder', 'parentVApp'],
  VirtualMachine: ['parent', 'parentVApp'],
}

const parentsOf = (type: string): readonly string[] => parentPaths[type] ?? ['parent']

/** The paths to ask of a VM so that `placesOf` can place it. */
export const placePaths = ['parent', 'parentVApp'] as const

const parentOf = ({ ref, values }: ObjectProperties): Ref | undefined =>
  parentsOf(ref.type)
    .map((path) => refAt(values.get(path)))
    .find((parent) => parent !== undefined)

/** Places these VMs, asking for each ancestor once and for all of one level together. */
export const placesOf = async (
  session: Session,
  vms: readonly ObjectProperties[],
): Promise<(vm: ObjectProperties) => Place> => {
  const known = new Map<string, Ancestor>()
  const unknown = (parents: readonly (Ref | undefined)[]): Ref[] => [
    ...new Map(
      parents.filter((ref) => ref !== undefined && !known.has(ref.value)).map((ref) => [ref!.value, ref!]),
    ).values(),
  ]
  for (let level = unknown(vms.map(parentOf)); level.length > 0;) {
    const found = await ancestors(session, level)
    for (const [id, ancestor] of found) known.set(id, ancestor)
    level = unknown(
      [...found.values()].filter(({ type }) => type !== 'Datacenter').map(({ parent }) => parent),
    )
  }
  return (vm) => placeUnder(known, parentOf(vm))
}

const ancestors = async (session: Session, refs: readonly Ref[]): Promise<Map<string, Ancestor>> => {
  const found = new Map<string, Ancestor>()
  for (const type of new Set(refs.map((ref) => ref.type))) {
    const alike = refs.filter((ref) => ref.type === type)
    for (const object of await propertiesOf(session, alike, ['name', ...parentsOf(type)]))
      found.set(object.ref.value, {
        type,
        name: plainName(textAt(object.values.get('name')) ?? ''),
        parent: parentOf(object),
      })
  }
  // What may not be read is known as nameless, so that nobody asks for it again.
  for (const ref of refs)
    if (!found.has(ref.value)) found.set(ref.value, { type: ref.type, name: '', parent: undefined })
  return found
}

const placeUnder = (known: ReadonlyMap<string, Ancestor>, parent: Ref | undefined): Place => {
  const names: string[] = []
  for (let at = parent; at !== undefined;) {
    const ancestor = known.get(at.value)
    if (ancestor === undefined) break
    names.unshift(ancestor.name)
    if (ancestor.type === 'Datacenter') return { datacenter: ancestor.name, folder: `/${names.join('/')}` }
    at = ancestor.parent
  }
  return { datacenter: '', folder: `/${names.join('/')}` }
}
