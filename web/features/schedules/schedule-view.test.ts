import { parseCron } from '../../../domain/rules/cron.js'
import { ApiProblem } from '../../lib/api-problem.js'
import { refusalOf } from './refusal.js'
import { jitterText } from './schedule-view.js'
import { usualCrons } from './usual-crons.js'

test.each([
  { seconds: 0, words: 'none' },
  { seconds: 45, words: 'up to 45 s' },
  { seconds: 300, words: 'up to 5 min 00 s' },
])('a jitter of $seconds seconds reads "$words"', ({ seconds, words }) => {
  expect(jitterText(seconds)).toBe(words)
})

test.each(usualCrons)('the button "$name" gives an expression that the product takes', ({ cron }) => {
  expect(parseCron(cron).problem).toBeNull()
})

const refused = (status: number): ApiProblem =>
  new ApiProblem(status, 'bad-request', 'cron_expression minute: "61" is no minute', {
    problem: {
      type: 'about:blank',
      title: 'Bad',
      status,
      detail: 'cron_expression minute: "61" is no minute',
      code: 'bad-request',
      errors: [{ path: 'body.cron_expression', message: 'minute: "61" is no minute' }],
      remedy: null,
      error: '',
    },
  })

test('what is wrong with an expression is said without the names of the wire', () => {
  expect([400, 422].map((status) => refusalOf(refused(status)))).toEqual([
    'minute: "61" is no minute',
    'minute: "61" is no minute',
  ])
})

test.each([{ error: refused(503) }, { error: new Error('away') }, { error: null }])(
  'a service that is away is no refusal',
  ({ error }) => {
    expect(refusalOf(error)).toBeNull()
  },
)
