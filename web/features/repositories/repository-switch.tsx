import { updateRepository } from '../../../api/contract/repositories.js'
import type { Repository } from '../../../domain/repository.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { Switch } from '../../ui/switch.js'
import { useSwitchRepository } from './use-switch-repository.js'

/** No backup begins into a repository that is off. */
export const RepositorySwitch = ({ repository }: { repository: Repository }) => {
  const change = useSwitchRepository(repository.id)
  const mayChange = useMayCall(updateRepository)
  return (
    <>
      <Switch
        name={`Repository ${repository.name} enabled`}
        isOn={repository.enabled}
        isDisabled={!mayChange || change.isPending}
        title={mayChange ? undefined : 'Needs the admin role'}
        onChange={(enabled) => change.mutate(enabled)}
      />
      {change.error ? (
        <p role="alert" className="mt-1 max-w-48 text-xs text-red-300">
          {failureText(change.error).sentence}
        </p>
      ) : null}
    </>
  )
}
