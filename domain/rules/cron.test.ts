import { parseCron } from './cron.js'

const valid = (expression: string) => {
  const { cron, problem } = parseCron(expression)
  if (cron === null) throw new Error(problem)
  return cron
}

test.each<[expression: string, part: object]>([
  [
    '5 4 3 2 1',
    { minutes: [5], hours: [4], daysOfMonth: [3], months: [2], daysOfWeek: [1], eitherDay: true },
  ],
  ['  0   0 * * *  ', { minutes: [0], hours: [0] }],
  ['*/20 * * * *', { minutes: [0, 20, 40] }],
  ['5/20 * * * *', { minutes: [5, 25, 45] }],
  ['10-30/10,55 * * * *', { minutes: [10, 20, 30, 55] }],
  ['0 0 * JAN,dec *', { months: [1, 12] }],
  ['0 0 * * Mon-Wed', { daysOfWeek: [1, 2, 3] }],
  ['0 0 * * 7', { daysOfWeek: [0] }],
  ['0 0 * * 5-7', { daysOfWeek: [0, 5, 6] }],
  ['0 0 * * *', { daysOfWeek: [0, 1, 2, 3, 4, 5, 6], eitherDay: false }],
  ['0 0 1 * *', { eitherDay: false }],
  ['0 0 */2 * 1', { eitherDay: false }],
  ['0 0 31 2,3 *', { months: [2, 3] }],
  ['0 0 29 2 *', { daysOfMonth: [29] }],
  ['0 0 31 2 1', { eitherDay: true }],
  ['@daily', { minutes: [0], hours: [0] }],
  ['@Weekly', { daysOfWeek: [0] }],
  ['@yearly', { daysOfMonth: [1], months: [1] }],
])('"%s" is understood', (expression, part) => {
  expect(valid(expression)).toMatchObject(part)
})

test.each<[expression: string, problem: RegExp]>([
  ['', /has 1 field/],
  ['* * * *', /has 4 field/],
  ['0 * * * * *', /has 6 field/],
  ['@reboot', /has 1 field/],
  ['60 * * * *', /^minute: "60"/],
  ['* 24 * * *', /^hour: "24"/],
  ['* * 0 * *', /^day of month: "0"/],
  ['* * * 13 *', /^month: "13"/],
  ['* * * * 8', /^day of week: "8"/],
  ['*/0 * * * *', /step of "\*\/0" must be at least 1/],
  ['30-10 * * * *', /"30-10" runs backwards/],
  ['1,,2 * * * *', /^minute: ""/],
  ['1-2-3 * * * *', /^minute: "1-2-3"/],
  ['-1 * * * *', /^minute: "-1"/],
  ['1.5 * * * *', /^minute/],
  ['* * * * monday', /^day of week: "monday"/],
  ['0 0 30 2 *', /never fires/],
  ['0 0 31 4,6,9,11 *', /never fires/],
])('"%s" is refused with what is wrong', (expression, problem) => {
  expect(parseCron(expression).problem).toMatch(problem)
})
