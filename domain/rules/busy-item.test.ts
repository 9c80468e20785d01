import { whenBusy } from './busy-item.js'

const since = new Date('2026-05-01T12:00:00Z')
const after = (seconds: number): Date => new Date(since.getTime() + seconds * 1000)
const busy = {
  policy: 'wait' as const,
  who: 'backup-a',
  sameRepository: true,
  maxRunMinutes: null,
  since,
  now: since,
}

test.each([
  {
    name: 'waits a little at first',
    change: {},
    verdict: { kind: 'wait', notBefore: after(10).toISOString(), reason: 'Waits: backup-a works on it' },
  },
  {
    name: 'waits longer later',
    change: { now: after(400) },
    verdict: { kind: 'wait', notBefore: after(500).toISOString(), reason: 'Waits: backup-a works on it' },
  },
  {
    name: 'at most five minutes',
    change: { now: after(7200) },
    verdict: { kind: 'wait', notBefore: after(7500).toISOString(), reason: 'Waits: backup-a works on it' },
  },
  {
    name: 'looks once more at the limit',
    change: { now: after(240 * 60 - 20) },
    verdict: {
      kind: 'wait',
      notBefore: after(240 * 60).toISOString(),
      reason: 'Waits: backup-a works on it',
    },
  },
  {
    name: 'not longer than four hours',
    change: { now: after(240 * 60) },
    verdict: { kind: 'skip', reason: 'backup-a has worked on it for 240 minutes' },
  },
  {
    name: "or than the flow's longest run",
    change: { now: after(600), maxRunMinutes: 10 },
    verdict: { kind: 'skip', reason: 'backup-a has worked on it for 10 minutes' },
  },
  {
    name: 'a flow that skips, and the same repository',
    change: { policy: 'skip' as const },
    verdict: { kind: 'skip', reason: 'backup-a backs it up to the same repository already' },
  },
  {
    name: 'a flow that skips, and another repository: nothing is protected there yet',
    change: { policy: 'skip' as const, sameRepository: false },
    verdict: { kind: 'wait', notBefore: after(10).toISOString(), reason: 'Waits: backup-a works on it' },
  },
])('$name', ({ change, verdict }) => {
  expect(whenBusy({ ...busy, ...change })).toEqual(verdict)
})

test('a wait of two weeks is at most a hundred looks', () => {
  let [now, looks] = [since, 0]
  for (;;) {
    const verdict = whenBusy({ ...busy, maxRunMinutes: 20_160, now })
    if (verdict.kind === 'skip') break
    looks += 1
    now = new Date(verdict.notBefore)
  }
  expect(looks).toBeLessThan(100)
})
