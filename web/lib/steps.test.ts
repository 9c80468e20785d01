import type { JobStep } from '../../domain/job-step.js'
import { isInterrupted } from './steps.js'

const step = (attempt: number, ended_at: string | null, step_id = 'copy'): JobStep => ({
  job_id: 'backup-1',
  step_id,
  attempt,
  name: 'copyDisk',
  summary: 'copy disk-2000',
  status: ended_at === null ? 'running' : 'completed',
  detail: null,
  error_code: null,
  started_at: '2026-11-21T10:00:00.000Z',
  ended_at,
})
const ended = '2026-11-21T10:00:05.000Z'

test.each([
  { name: 'the only attempt of a run that moves', steps: [step(1, null)], isMoving: true, lost: false },
  {
    name: 'an attempt that another one followed',
    steps: [step(1, null), step(2, null)],
    isMoving: true,
    lost: true,
  },
  {
    name: 'a line beside an attempt that another one followed',
    steps: [step(1, null, 'copy/source-1'), step(2, null)],
    isMoving: true,
    lost: true,
  },
  {
    name: 'an attempt beside another step',
    steps: [step(1, null), step(2, null, 'other')],
    isMoving: true,
    lost: false,
  },
  { name: 'an open attempt of a run that is over', steps: [step(1, null)], isMoving: false, lost: true },
  { name: 'an attempt that ended', steps: [step(1, ended), step(2, null)], isMoving: true, lost: false },
])('$name is interrupted: $lost', ({ steps, isMoving, lost }) =>
  expect(isInterrupted(steps[0]!, steps, isMoving)).toBe(lost),
)
