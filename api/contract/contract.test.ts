import { AddVmContextsRequest } from './vm-contexts.js'
import { BackupFilter, ChainQuery, StartBackupRequest } from './backups.js'
import { DiscoverRequest } from './discover.js'
import { EventQuery } from './events.js'
import { Id, NumericId } from './operation.js'
import type { Operation } from './operation.js'
import { operations } from './operations.js'
import { PlatformPatch, PlatformRequest } from './platforms.js'
import { RepositoryRequest } from './repositories.js'

const platform = { name: 'lab', kind: 'vmware', host: 'vc.example', username: 'u', password: 'p' }
const repository = { name: 'main', repository_type: 'local', path: '/srv/backups' }
const start = { vm_name: 'pgtest1', repository_id: '1' }

test.each([
  { name: 'an id', schema: Id, value: 'ctx-pgtest1-7f3a9c2e' },
  { name: 'a number as number', schema: NumericId, value: 1 },
  { name: 'a number as text', schema: NumericId, value: '1' },
  { name: 'a platform', schema: PlatformRequest, value: platform },
  {
    name: 'a platform with port and thumbprint',
    schema: PlatformRequest,
    value: {
      ...platform,
      host: '127.0.0.1:8989',
      tls: { mode: 'thumbprint', thumbprint: Array(20).fill('AB').join(':') },
    },
  },
  { name: 'an IPv6 platform', schema: PlatformRequest, value: { ...platform, host: '[::1]:443' } },
  { name: 'a kind that is refused later', schema: PlatformRequest, value: { ...platform, kind: 'hyperv' } },
  { name: 'a new password alone', schema: PlatformPatch, value: { password: 'new' } },
  {
    name: 'a discovery of a platform',
    schema: DiscoverRequest,
    value: { platform_id: 'plat-1', filter: 'pgtest1' },
  },
  {
    name: "seed 004's discovery",
    schema: DiscoverRequest,
    value: { vcenter: 'vc', username: 'u', password: 'p', datacenter: 'DatabanxDC', filter: 'pgtest2' },
  },
  { name: 'a repository', schema: RepositoryRequest, value: repository },
  { name: 'a backup by name', schema: StartBackupRequest, value: start },
  {
    name: 'a backup by id',
    schema: StartBackupRequest,
    value: {
      vm_context_id: 'ctx-1',
      repository_id: 1,
      backup_type: 'incremental',
      exclude_disks: ['disk-1'],
    },
  },
  {
    name: 'VMs to protect',
    schema: AddVmContextsRequest,
    value: { platform_id: 'plat-1', vm_ids: ['4205784a-098a-40f1-1f1e-a5cd2597fd59'] },
  },
  {
    name: 'a list filter',
    schema: BackupFilter,
    value: { limit: '10', status: 'completed', repository_id: '3' },
  },
  { name: 'a chain', schema: ChainQuery, value: { vm_name: 'pgtest1', disk_id: '0' } },
  { name: 'some topics', schema: EventQuery, value: { topics: 'backups,platforms' } },
])('$name is taken', ({ schema, value }) => {
  expect(schema.safeParse(value)).toMatchObject({ success: true })
})

test.each([
  { name: 'an id with a slash', schema: Id, value: '../etc' },
  { name: 'an empty id', schema: Id, value: '' },
  { name: 'an id of 65 characters', schema: Id, value: 'a'.repeat(65) },
  { name: 'a fraction as number', schema: NumericId, value: 1.5 },
  { name: 'zero', schema: NumericId, value: '0' },
  { name: 'true as number', schema: NumericId, value: true },
  { name: 'a number beyond the column', schema: NumericId, value: '2147483648' },
  { name: 'a URL as host', schema: PlatformRequest, value: { ...platform, host: 'https://vc.example' } },
  { name: 'a host with a user', schema: PlatformRequest, value: { ...platform, host: 'u:p@vc' } },
  { name: 'a platform without password', schema: PlatformRequest, value: { ...platform, password: '' } },
  {
    name: 'a name of a megabyte',
    schema: PlatformRequest,
    value: { ...platform, name: 'x'.repeat(1 << 20) },
  },
  { name: 'a name with a line break', schema: PlatformRequest, value: { ...platform, name: 'a\nb' } },
  { name: 'an unknown TLS mode', schema: PlatformRequest, value: { ...platform, tls: { mode: 'none' } } },
  { name: 'an empty change', schema: PlatformPatch, value: {} },
  { name: 'a discovery of nothing', schema: DiscoverRequest, value: {} },
  {
    name: 'a discovery of both',
    schema: DiscoverRequest,
    value: { platform_id: 'p', vcenter: 'v', username: 'u', password: 'p' },
  },
  { name: 'a discovery without password', schema: DiscoverRequest, value: { vcenter: 'v', username: 'u' } },
  { name: 'a relative repository', schema: RepositoryRequest, value: { ...repository, path: 'srv' } },
  { name: 'the root as repository', schema: RepositoryRequest, value: { ...repository, path: '/' } },
  {
    name: 'a repository that climbs',
    schema: RepositoryRequest,
    value: { ...repository, path: '/srv/../etc' },
  },
  {
    name: 'a repository with a slash at the end',
    schema: RepositoryRequest,
    value: { ...repository, path: '/srv/' },
  },
  { name: 'a path with a NUL', schema: RepositoryRequest, value: { ...repository, path: '/srv/\0' } },
  { name: 'a backup of two VMs', schema: StartBackupRequest, value: { ...start, vm_context_id: 'ctx-1' } },
  { name: 'a backup of no VM', schema: StartBackupRequest, value: { repository_id: 1 } },
  {
    name: 'a backup with an unknown field',
    schema: StartBackupRequest,
    value: { ...start, exclude_disk: ['a'] },
  },
  { name: 'no VMs to protect', schema: AddVmContextsRequest, value: { platform_id: 'p', vm_ids: [] } },
  { name: 'a page of nothing', schema: BackupFilter, value: { limit: '0' } },
  { name: 'an unknown status', schema: BackupFilter, value: { status: 'done' } },
  { name: 'an unknown topic', schema: EventQuery, value: { topics: 'backups,secrets' } },
])('$name is refused', ({ schema, value }) => {
  expect(schema.safeParse(value)).toMatchObject({ success: false })
})

test('names and paths of operations are each used once', () => {
  const all = operations as readonly Operation[]
  expect(new Set(all.map((entry) => entry.name)).size).toBe(all.length)
  expect(new Set(all.map((entry) => `${entry.method} ${entry.path}`)).size).toBe(all.length)
})

test('every parameter of a path has its schema', () => {
  for (const entry of operations as readonly Operation[]) {
    const named = [...entry.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    expect([entry.name, Object.keys(entry.params?.shape ?? {}).sort()]).toEqual([entry.name, named.sort()])
  }
})
