import type { VmDisk } from '../../../domain/vm-context.js'
import { formatBytes } from '../../lib/format.js'
import { CheckField } from '../../ui/check-field.js'

/** Which disks the operator leaves out; a disk that no snapshot can hold is out already and says why. */
export const ExcludeDisks = ({
  disks,
  excluded,
  onChange,
}: {
  disks: readonly VmDisk[]
  excluded: readonly string[]
  onChange: (excluded: readonly string[]) => void
}) => (
  <fieldset>
    <legend className="mb-1.5 text-sm font-medium text-white">Disks to leave out</legend>
    <div className="space-y-2">
      {disks
        .filter((disk) => disk.present)
        .map((disk) => (
          <CheckField
            key={disk.id}
            isChecked={disk.left_out !== null || excluded.includes(disk.id)}
            isDisabled={disk.left_out !== null}
            onChange={(isChecked) =>
              onChange(isChecked ? [...excluded, disk.id] : excluded.filter((id) => id !== disk.id))
            }
          >
            {disk.label}, {formatBytes(disk.capacity_bytes)}
            {disk.left_out === null ? '' : ` (always left out: ${disk.left_out})`}
          </CheckField>
        ))}
    </div>
  </fieldset>
)
