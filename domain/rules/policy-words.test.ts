import { notActiveYet } from './policy-words.js'

const copy = { repository_id: 7, mode: 'immediate', priority: 50, verify: true } as const
const names = new Map([[7, 'remote']])

test.each([
  { name: 'nothing that waits', policy: { three_two_one: null, copy_rules: [] }, says: [] },
  {
    name: '3-2-1',
    policy: { three_two_one: { copies: 3, media: 2, offsite: 1 }, copy_rules: [] },
    says: ['3-2-1 (3 copies on 2 media, 1 elsewhere) is stored and not active yet: nothing checks it.'],
  },
  {
    name: 'copies, one to a repository that is gone',
    policy: {
      three_two_one: null,
      copy_rules: [copy, { ...copy, repository_id: 8, mode: 'manual' as const }],
    },
    says: [
      'Copying to remote (immediate), repository 8, which is gone (manual) is stored and not active yet: no point is copied.',
    ],
  },
])('$name', ({ policy, says }) => {
  expect(notActiveYet(policy, names)).toEqual(says)
})
