import { XMLParser } from 'fast-xml-parser'

/** A managed object reference: the handle of a thing in the vCenter, e.g. VirtualMachine vm-41. */
export interface Ref {
  readonly type: string
  readonly value: string
}

// Tag prefixes go, attribute prefixes stay: `xsi:type` and `type` stand side by side on a property's value.
// htmlEntities: without it numeric references stay as they are, and a VM's apostrophe becomes "&#39;".
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  transformTagName: (name) => name.slice(name.indexOf(':') + 1),
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: true,
  htmlEntities: true,
})

/** Parses an answer. Throws an Error where the text is not XML or carries its own entity definitions. */
export const parseXml = (text: string): unknown => {
  if (/<!DOCTYPE/i.test(text.slice(0, 4096))) throw new Error('the answer carries a document type')
  return parser.parse(text)
}

const fields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined

const first = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[])[0] : value)

/** The element at this path; the first one where several stand. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => first(fields(first(inner))?.[name]), first(value))

/** Every child element of this name, in order. */
export const all = (value: unknown, name: string): readonly unknown[] => {
  const found = fields(first(value))?.[name]
  if (found === undefined) return []
  return Array.isArray(found) ? (found as unknown[]) : [found]
}

/** Names of the child elements. */
export const childNames = (value: unknown): string[] =>
  Object.keys(fields(first(value)) ?? {}).filter((name) => !/^[@#?]/.test(name))

/** The text at this path; undefined where the element is absent. */
export const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = at(value, ...path)
  if (typeof found === 'string') return found
  const parts = fields(found)
  if (parts === undefined) return undefined
  const text = parts['#text']
  return typeof text === 'string' ? text : ''
}

/** The whole number at this path; undefined where it is absent or none. */
export const numberAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  const text = textAt(value, ...path)
  if (text === undefined || !/^-?\d{1,16}$/.test(text.trim())) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}

/** The boolean at this path; undefined where it is absent. */
export const flagAt = (value: unknown, ...path: readonly string[]): boolean | undefined => {
  const text = textAt(value, ...path)?.trim()
  return text === undefined || text === '' ? undefined : text === 'true' || text === '1'
}

/** The `xsi:type` of an element, without its prefix. */
export const typeOf = (value: unknown): string | undefined => {
  const parts = fields(first(value)) ?? {}
  const name = Object.keys(parts).find((key) => /^@[^:]+:type$/.test(key))
  const type = name === undefined ? undefined : parts[name]
  return typeof type === 'string' ? type.slice(type.indexOf(':') + 1) : undefined
}

/** The reference at this path; undefined where it is absent or names no type. */
export const refAt = (value: unknown, ...path: readonly string[]): Ref | undefined => {
  const found = at(value, ...path)
  const type = fields(found)?.['@type']
  const id = textAt(found)
  return typeof type === 'string' && id !== undefined && id !== '' ? { type, value: id } : undefined
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}

/** Text made safe between tags and in attributes. Characters that XML 1.0 cannot carry are left out. */
export const escapeXml = (text: string): string =>
  text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    // eslint-disable-next-line no-control-regex -- control characters are what must go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"'\r]/g, (character) => escapes[character] ?? character)

/** An element around finished XML. */
export const element = (name: string, content = '', attributes = ''): string =>
  `<${name}${attributes === '' ? '' : ` ${attributes}`}>${content}</${name}>`

/** An element with an escaped value. */
export const field = (name: string, value: string | number | boolean): string =>
  element(name, escapeXml(String(value)))

/** An element that refers to a managed object. */
export const refElement = (name: string, ref: Ref): string =>
  element(name, escapeXml(ref.value), `type="${escapeXml(ref.type)}"`)
