import {
  all,
  at,
  element,
  escapeXml,
  field,
  flagAt,
  numberAt,
  parseXml,
  refAt,
  refElement,
  textAt,
  typeOf,
} from './xml.js'

const names = [
  'O\'Brien & <sons> "quoted"',
  'Köln-Übung 東京 😀',
  '&lt;not a tag&gt; &#39;',
  '0012',
  '  spaces at both ends  ',
  'line one\nline two\ttab\r',
]

test.each(names)('the text %j comes back as it was sent', (name) => {
  const parsed = parseXml(`<?xml version="1.0"?><a:Envelope xmlns:a="x">${field('name', name)}</a:Envelope>`)
  expect(textAt(parsed, 'Envelope', 'name')).toBe(name)
})

test('numeric references, as Go writes them, are decoded once', () => {
  expect(textAt(parseXml('<a><n>it&#39;s &#34;x&#34;&#xA;&amp;#39;</n></a>'), 'a', 'n')).toBe(
    'it\'s "x"\n&#39;',
  )
})

test('characters that XML cannot carry are left out, lone surrogates replaced', () => {
  expect(escapeXml('a\u0000b\u001fc\ud800d')).toBe('abc\ufffdd')
})

test('a property value keeps its xsi:type beside the type it refers to', () => {
  const parsed = parseXml('<v xsi:type="ManagedObjectReference" type="VirtualMachine">vm-41</v>')
  expect(typeOf(at(parsed, 'v'))).toBe('ManagedObjectReference')
  expect(refAt(parsed, 'v')).toEqual({ type: 'VirtualMachine', value: 'vm-41' })
})

test('a prefix on xsi:type is no part of the type', () => {
  expect(typeOf(at(parseXml('<v xsi:type="vim25:FileFault"/>'), 'v'))).toBe('FileFault')
})

test('a list of one and a list of many read alike', () => {
  expect(all(at(parseXml('<r><x>1</x></r>'), 'r'), 'x')).toEqual(['1'])
  expect(all(at(parseXml('<r><x>1</x><x>2</x></r>'), 'r'), 'x')).toEqual(['1', '2'])
  expect(all(at(parseXml('<r></r>'), 'r'), 'x')).toEqual([])
})

test('absent is told from empty', () => {
  const parsed = parseXml('<r><empty></empty><attributed k="v"/></r>')
  expect(textAt(parsed, 'r', 'empty')).toBe('')
  expect(textAt(parsed, 'r', 'attributed')).toBe('')
  expect(textAt(parsed, 'r', 'absent')).toBeUndefined()
})

test.each(['', '1.5', '0x10', '1e3', '99999999999999999', 'NaN'])('%j is no whole number', (text) => {
  expect(numberAt(parseXml(`<r><n>${text}</n></r>`), 'r', 'n')).toBeUndefined()
})

test('numbers and flags are read', () => {
  const parsed = parseXml('<r><n>68719476736</n><yes>true</yes><no>false</no></r>')
  expect([numberAt(parsed, 'r', 'n'), flagAt(parsed, 'r', 'yes'), flagAt(parsed, 'r', 'no')]).toEqual([
    68719476736,
    true,
    false,
  ])
})

test('an answer with its own entities is refused', () => {
  expect(() => parseXml('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')).toThrow('document type')
})

test('references and elements are written escaped', () => {
  expect(refElement('obj', { type: 'Task', value: 'a"b' })).toBe('<obj type="Task">a&quot;b</obj>')
  expect(element('a', field('b', true))).toBe('<a><b>true</b></a>')
})
