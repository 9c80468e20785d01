import type { JobStep } from '../../domain/job-step.js'
import { awayOf } from './away.js'

const step = (change: Partial<JobStep>): JobStep => ({
  job_id: 'backup-1',
  step_id: 'backup-vm/7',
  attempt: 1,
  name: 'copyDisk',
  summary: 'copy Hard disk 1',
  status: 'running',
  detail: null,
  error_code: null,
  started_at: '2026-11-22T10:00:00.000Z',
  ended_at: null,
  ...change,
})
const lost = step({
  step_id: 'backup-vm/7/source-1',
  name: 'reopenSource',
  summary: 'Hard disk 1: nbdkit was ended by SIGKILL',
})

test('an end that is opened again is away', () =>
  expect(awayOf([step({}), lost])).toEqual([
    {
      step_id: 'backup-vm/7/source-1',
      text: 'The source is away and is being opened again. Hard disk 1: nbdkit was ended by SIGKILL',
    },
  ]))

test('one that is back is not, nor one whose copy was begun again by another worker', () => {
  expect(awayOf([step({}), { ...lost, status: 'completed', ended_at: '2026-11-22T10:00:03.000Z' }])).toEqual(
    [],
  )
  expect(awayOf([step({}), lost, step({ attempt: 2 })])).toEqual([])
})
