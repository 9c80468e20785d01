import type { Session } from './session.js'
import { isFault } from './soap-fault.js'
import { all, at, element, field, refAt, refElement, textAt, typeOf, type Ref } from './xml.js'

/** Properties of one object: an unset one is absent, one that may not be read is in `withheld`. */
export interface ObjectProperties {
  readonly ref: Ref
  readonly values: ReadonlyMap<string, unknown>
  /** Path → fault type, e.g. NoPermission. */
  readonly withheld: ReadonlyMap<string, string>
}

const pageObjects = 100

const propSet = (type: string, paths: readonly string[]): string =>
  element('propSet', field('type', type) + paths.map((path) => field('pathSet', path)).join(''))

const filterSpec = (type: string, paths: readonly string[], objectSet: string): string =>
  propSet(type, paths) + objectSet

/**
 * Properties of these objects, all of one type. Throws the fault `ManagedObjectNotFound` where one of them
 * is gone.
 */
export const propertiesOf = async (
  session: Session,
  refs: readonly Ref[],
  paths: readonly string[],
): Promise<ObjectProperties[]> => {
  const [first] = refs
  if (first === undefined) return []
  const objectSet = refs.map((ref) => element('objectSet', refElement('obj', ref))).join('')
  return retrieve(session, filterSpec(first.type, paths, objectSet))
}

/** Properties of one object. */
export const propertiesOfOne = async (
  session: Session,
  ref: Ref,
  paths: readonly string[],
): Promise<ObjectProperties> => {
  const [found] = await propertiesOf(session, [ref], paths)
  return found ?? { ref, values: new Map(), withheld: new Map() }
}

/** Properties of every object of this type under the container, at any depth. */
export const propertiesBelow = async (
  session: Session,
  container: Ref,
  type: string,
  paths: readonly string[],
): Promise<ObjectProperties[]> => {
  const { viewManager } = await session.content()
  const created = await session.call({
    method: 'CreateContainerView',
    on: viewManager,
    parameters: refElement('container', container) + field('type', type) + field('recursive', true),
  })
  const view = refAt(created, 'returnval') ?? { type: 'ContainerView', value: '' }
  await using _closing = { [Symbol.asyncDispose]: () => destroyView(session, view) }
  const traverse = element(
    'selectSet',
    field('name', 'view') + field('type', 'ContainerView') + field('path', 'view') + field('skip', false),
    'xsi:type="TraversalSpec"',
  )
  const objectSet = element('objectSet', refElement('obj', view) + field('skip', true) + traverse)
  return await retrieve(session, filterSpec(type, paths, objectSet))
}

// A view ends with its session, so a lost one is nothing to fail for.
const destroyView = async (session: Session, view: Ref): Promise<void> => {
  await session.call({ method: 'DestroyView', on: view }).catch(() => undefined)
}

const retrieve = async (session: Session, spec: string): Promise<ObjectProperties[]> => {
  const { propertyCollector } = await session.content()
  const found: ObjectProperties[] = []
  let answer = await session.call({
    method: 'RetrievePropertiesEx',
    on: propertyCollector,
    parameters: element('specSet', spec) + element('options', field('maxObjects', pageObjects)),
  })
  for (;;) {
    const page = at(answer, 'returnval')
    found.push(...all(page, 'objects').map(objectProperties))
    const token = textAt(page, 'token')
    if (token === undefined || token === '') return found
    answer = await session.call({
      method: 'ContinueRetrievePropertiesEx',
      on: propertyCollector,
      parameters: field('token', token),
    })
  }
}

const objectProperties = (object: unknown): ObjectProperties => ({
  ref: refAt(object, 'obj') ?? { type: '', value: '' },
  values: new Map(all(object, 'propSet').map((set) => [textAt(set, 'name') ?? '', at(set, 'val')])),
  withheld: new Map(
    all(object, 'missingSet').map((set) => [
      textAt(set, 'path') ?? '',
      typeOf(at(set, 'fault', 'fault')) ?? 'unknown',
    ]),
  ),
})

/** Answers `fallback` where the object the work is about is gone. */
export const unlessGone = async <T, F>(work: () => Promise<T>, fallback: F): Promise<T | F> => {
  try {
    return await work()
  } catch (error) {
    if (isFault(error, 'ManagedObjectNotFound')) return fallback
    throw error
  }
}
