import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

interface Order {
  readonly longest: readonly string[]
  readonly default: () => { sort(tests: readonly { path: string }[]): { path: string }[] }
}

const root = resolve(__dirname, '../..')
const { longest, default: longestFirst } = jest.requireActual<Order>('./longest-first.js')

test('each file that is begun first is there', () => {
  expect(longest.filter((name) => !existsSync(join(root, `${name}.test.ts`)))).toEqual([])
})

test('the longest come first in their order, then all others, none lost', () => {
  const [first, second] = longest.map((name) => ({ path: join(root, `${name}.test.ts`) }))
  const other = ['a.int', 'b.int'].map((name) => ({ path: join(root, `${name}.test.ts`) }))
  const tests = [other[1]!, second!, other[0]!, first!]
  expect(longestFirst().sort(tests)).toEqual([first, second, ...other])
})
