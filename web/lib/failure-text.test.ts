import { ApiProblem, problemOf } from './api-problem.js'
import { failureText } from './failure-text.js'

const problem = (detail: string, errors: { path: string; message: string }[]) =>
  problemOf(400, {
    type: 'about:blank',
    title: 'Bad request',
    status: 400,
    detail,
    code: 'bad-request',
    errors,
    remedy: 'Correct what is named and send it again.',
    error: detail,
  })

test('a single wrong field is said once, by the name that the form gives it', () => {
  const errors = [{ path: 'body.path', message: 'must be absolute' }]
  expect(failureText(problem('body.path: must be absolute', errors))).toEqual({
    sentence: 'path: must be absolute',
    remedy: 'Correct what is named and send it again.',
    details: [],
  })
})

test('nor is one said twice that the API only found wrong when it looked', () => {
  const errors = [{ path: 'body.timezone', message: 'is not a time zone' }]
  expect(failureText(problem('timezone is not a time zone', errors))).toMatchObject({
    sentence: 'timezone is not a time zone',
    details: [],
  })
})

test('several wrong fields are listed', () => {
  const errors = [
    { path: 'body.path', message: 'must be absolute' },
    { path: 'body.name', message: 'is too long' },
  ]
  expect(failureText(problem('2 fields are wrong', errors)).details).toEqual([
    'path: must be absolute',
    'name: is too long',
  ])
})

test('an answer without a remedy gets the one of its code', () =>
  expect(failureText(new ApiProblem(0, 'unreachable', 'The Sendense API does not answer')).remedy).toContain(
    'npm run doctor',
  ))
