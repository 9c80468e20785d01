import type { Backup, BackupDisk } from '../../domain/backup.js'
import { Manifest } from '../../domain/manifest.js'
import type { Platform } from '../../domain/platform.js'
import type { VmDisk } from '../../domain/vm-context.js'
import { aDisk, aVm } from '../../drizzle/testing/samples.js'
import { buildManifest } from './build-manifest.js'
import type { ManifestFacts } from './build-manifest.js'
import { parseManifest } from './manifest-file.js'

const at = '2026-03-01T10:00:00.000Z'

const facts = (change: Partial<ManifestFacts> = {}): ManifestFacts => ({
  installationId: 'i',
  repository: {
    id: 1,
    name: 'main',
    repository_type: 'local',
    path: '/r',
    marker: 'm',
    enabled: true,
    created_at: at,
    updated_at: at,
  },
  platform: { id: 'p', name: 'vc', kind: 'vmware', host: 'vc.example', transport: 'vddk' } as Platform,
  backup: {
    id: 'b',
    vm_context_id: 'c',
    backup_type: 'full',
    type_reason: 'first',
    requested_type: 'auto',
    quiesce: 'prefer',
    consistency: 'crash',
    transport: null,
    warnings: ['w'],
    exclude_disks: ['d-2001', 'd-gone'],
    snapshot_taken_at: null,
    run_id: 'run-1',
    audit_scope: null,
    audited_at: null,
    created_by: 'anna',
    created_at: at,
    started_at: '2026-03-01T10:00:01.000Z',
  } as unknown as Backup,
  disks: [row()],
  known: [2000, 2001, 2002].map(
    (key, index) => ({ id: `d-${key}`, disk_index: index, backing_uuid: `uuid-${key}` }) as VmDisk,
  ),
  vm: aVm({ disks: [aDisk(2000), aDisk(2001), aDisk(2002, { left_out: 'rdm-physical' })] }),
  seals: new Map([['d', 'sha256:00']]),
  tools: { sendense: '1' },
  ...change,
})

const row = (change: Partial<BackupDisk> = {}): BackupDisk => ({
  backup_id: 'b',
  disk_id: 'd',
  disk_index: 0,
  label: 'Hard disk 1',
  device_key: 2000,
  backing_uuid: 'uuid-2000',
  source_path: '[s] v/d.vmdk',
  capacity_bytes: 100,
  read_mode: 'full',
  read_reason: 'r',
  stored_as: 'root',
  stored_reason: 's',
  parent_backup_id: null,
  change_id: '52 a/1',
  attempt_no: 1,
  status: 'copied',
  file_name: 'disks/d/b.qcow2',
  bytes_total: 100,
  bytes_read: 60,
  bytes_stored: 50,
  bytes_skipped: 40,
  duration_ms: 1,
  audit_result: null,
  audit_detail: null,
  ...change,
})

describe('a manifest out of rows', () => {
  test('is valid, names its files by the layout and every disk that is not in the point', () => {
    const manifest = buildManifest(facts())
    expect(Manifest.parse(manifest)).toEqual(manifest)
    expect(manifest.disks).toMatchObject([
      {
        file: 'disks/d/b.qcow2',
        digests: 'disks/d/b.digests',
        change_id: '52 a/1',
        digest_seal: 'sha256:00',
      },
    ])
    expect(manifest.left_out).toEqual([
      {
        disk_id: 'd-2001',
        disk_index: 1,
        backing_uuid: 'uuid-2001',
        label: 'Hard disk 2',
        reason: 'excluded by the operator',
      },
      {
        disk_id: 'd-2002',
        disk_index: 2,
        backing_uuid: 'uuid-2002',
        label: 'Hard disk 3',
        reason: 'rdm-physical',
      },
    ])
    expect(manifest.exclude_disks).toEqual(['d-2001', 'd-gone'])
    expect(manifest.transport).toBe('vddk')
    expect(parseManifest(JSON.stringify(manifest), 'c', 'b')).toEqual({ kind: 'manifest', manifest })
  })

  test('holds the time of the snapshot where the row has it', () => {
    const taken = '2026-03-01T10:00:05.000Z'
    const backup = { ...facts().backup, snapshot_taken_at: taken }
    expect(buildManifest(facts({ backup })).snapshot_taken_at).toBe(taken)
    expect(buildManifest(facts()).snapshot_taken_at).toBe('2026-03-01T10:00:01.000Z')
  })

  test.each([
    ['a disk that is still copied', { disks: [row({ status: 'copying' })] }, /is copying/],
    ['no disks', { disks: [] }, /no disks/],
    ['a disk without digests', { seals: new Map() }, /no digests/],
    ['no consistency', { backup: { ...facts().backup, consistency: null } }, /consistency/],
  ])('is refused with %s', (_name, change, reason) => {
    expect(() => buildManifest(facts(change))).toThrow(reason)
  })

  test.each([
    ['of another point', (m: Manifest) => ({ ...m, backup_id: 'x' })],
    ['of another VM', (m: Manifest) => ({ ...m, vm_context_id: 'x' })],
    ['of a newer version', (m: Manifest) => ({ ...m, version: 2 })],
    ['without disks', (m: Manifest) => ({ ...m, disks: [] })],
    [
      'with a path of its own choice',
      (m: Manifest) => ({ ...m, disks: m.disks.map((d) => ({ ...d, file: '../../x' })) }),
    ],
    [
      'with a disk id that is a path',
      (m: Manifest) => ({ ...m, disks: m.disks.map((d) => ({ ...d, disk_id: '../x' })) }),
    ],
  ])('is not taken for this point when it is one %s', (_name, change) => {
    const text = JSON.stringify(change(buildManifest(facts())))
    expect(parseManifest(text, 'c', 'b')).toMatchObject({ kind: 'refused', backupId: 'b' })
  })
})
