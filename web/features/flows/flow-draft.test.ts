import { FlowRequest } from '../../../api/contract/protection-flows.js'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { defaultFlowSettings } from '../../../domain/flow.js'
import type { FlowDraft } from './flow-draft.js'
import { advancedFields, apiErrors, draftErrors, draftOf, newDraft, requestOf } from './flow-draft.js'
import { numberFields } from './flow-number-fields.js'

const filled: FlowDraft = { ...newDraft(), name: ' Daily ', target_id: 'ctx-1', repository_id: '1' }

test('a new form has the usual settings and asks for name, target and repository', () => {
  expect(requestOf(newDraft())).toMatchObject(defaultFlowSettings)
  expect(Object.keys(draftErrors(newDraft())).sort()).toEqual(['name', 'repository_id', 'target_id'])
  expect(draftErrors({ ...newDraft(), target_type: 'group' }).target_id).toBe('Choose a group.')
})

test('a filled form is what the API takes; what is empty is not given', () => {
  expect(draftErrors(filled)).toEqual({})
  expect(FlowRequest.parse(requestOf(filled))).toMatchObject({
    name: 'Daily',
    flow_type: 'backup',
    repository_id: 1,
    policy_id: null,
    schedule_id: null,
    description: null,
    max_run_minutes: null,
    window_start: null,
  })
})

test('a saved flow comes back as it was', () => {
  const request = FlowRequest.parse({
    ...requestOf(filled),
    policy_id: 3,
    schedule_id: 'sched-1',
    description: 'of databases',
    max_run_minutes: 90,
    window_start: '22:00',
    window_end: '06:00',
    overlap_policy: 'queue',
  })
  expect(FlowRequest.parse(requestOf(draftOf(request as unknown as FlowResponse)))).toEqual(request)
})

test.each(numberFields)('$field has the bounds of the contract', ({ field, min, max }) => {
  const wrong = (value: string) => draftErrors({ ...filled, [field]: value })[field]
  expect([wrong(String(min)), wrong(String(max))]).toEqual([undefined, undefined])
  for (const value of [String(min - 1), String(max + 1), '1.5', 'many'])
    expect(wrong(value)).toMatch(/^Must be a whole number from/)
  expect(wrong('') === undefined).toBe(field === 'max_run_minutes')
})

test.each([
  { start: '22:00', end: '', field: 'window_end' as const },
  { start: '', end: '06:00', field: 'window_start' as const },
  { start: '22:00', end: '22:00', field: 'window_end' as const },
])('a window from "$start" to "$end" is wrong at $field', ({ start, end, field }) => {
  expect(Object.keys(draftErrors({ ...filled, window_start: start, window_end: end }))).toEqual([field])
})

test("the API's errors stand at their fields, and those of no field remain", () => {
  const other = { path: 'body.destination_type', message: 'must be given' }
  expect(
    apiErrors([
      { path: 'body.name', message: 'is taken' },
      { path: 'body.name', message: 'is long' },
      { path: 'body.schedule_id', message: 'there is no such schedule' },
      other,
    ]),
  ).toEqual({ fields: { name: 'is taken', schedule_id: 'there is no such schedule' }, rest: [other] })
})

test('every setting of the form that is not in plain sight counts as advanced', () => {
  const settings = Object.keys(defaultFlowSettings).sort()
  expect([...advancedFields].sort()).toEqual(settings)
})
