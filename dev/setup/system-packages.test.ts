import { installCommand, missingPackages } from './system-packages.js'

const absent = {
  name: 'sendense-no-such-package',
  program: 'sendense-no-such-program',
  why: 'is for this test',
}

test('a package that neither dpkg nor PATH knows is missing', async () => {
  expect(await missingPackages([absent])).toEqual([absent])
})

test('a package that dpkg does not know is there when its program is', async () => {
  expect(await missingPackages([{ ...absent, program: 'sh' }])).toEqual([])
  expect(await missingPackages([{ ...absent, program: '/bin/sh' }])).toEqual([])
})

test('whoever is not root is told one command without recommended packages', () => {
  expect(installCommand([absent, { ...absent, name: 'other' }])).toBe(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends sendense-no-such-package other',
  )
})
