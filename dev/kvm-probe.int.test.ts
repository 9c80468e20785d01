import { probeKvm } from './kvm-probe.js'

// TCG stands in for a KVM that works: same machine, same nine bytes, another accelerator.
test('a guest that runs its code is recognised', async () => {
  expect(await probeKvm('tcg', 60_000)).toEqual({ works: true })
})

test('a guest that does not answer in time is reported as such', async () => {
  expect(await probeKvm('tcg', 1)).toEqual({
    works: false,
    reason: expect.stringContaining('no instruction') as string,
  })
})
