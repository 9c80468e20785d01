import type { PlatformView } from '../../../api/contract/platforms.js'
import { replaceTransferLimits } from '../../../api/contract/transfer-limits.js'
import type { TransferLimits } from '../../../domain/transfer-limits.js'
import { ApiProblem } from '../../lib/api-problem.js'
import { useMayCall } from '../../lib/role.js'
import { FailureNote } from '../../ui/failure-note.js'
import { Notice } from '../../ui/notice.js'
import { Section } from '../../ui/section.js'
import { LimitFields } from './limit-fields.js'
import { limitsRequestOf } from './limits-draft.js'
import { apiErrors, draftErrors } from './limits-errors.js'
import type { LimitsPart } from './limits-part.js'
import { PlatformLimits } from './platform-limits.js'
import { SaveBar } from './save-bar.js'
import { useLimitsDraft } from './use-limits-draft.js'
import { useSaveTransferLimits } from './use-save-transfer-limits.js'

interface LimitsFormProps {
  readonly limits: TransferLimits
  readonly platforms: readonly Pick<PlatformView, 'id' | 'name'>[]
}

// What gets the focus must not come to stand behind the bar.
const aboveBar = '[&_button]:scroll-mb-28 [&_input]:scroll-mb-28 [&_select]:scroll-mb-28'

/** All limits in one form, since they are replaced all at once. */
export const LimitsForm = ({ limits, platforms }: LimitsFormProps) => {
  const mayChange = useMayCall(replaceTransferLimits)
  const { part, state, isOvertaken, error, submit, discard } = useLimitsForm(limits)
  return (
    <form
      noValidate
      className="relative max-w-4xl"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {!mayChange && (
        <div className="mb-4">
          <Notice>Only an administrator can change the limits.</Notice>
        </div>
      )}
      <fieldset disabled={!mayChange || state.isPending} className={`min-w-0 ${aboveBar}`}>
        <legend className="sr-only">Transfer limits</legend>
        <Everywhere {...part} />
        <Section title="Each platform">
          <PlatformLimits {...part} platforms={platforms} />
        </Section>
      </fieldset>
      <SaveBar {...state} mayChange={mayChange} onDiscard={discard}>
        {isOvertaken && (
          <Notice tone="warning">
            Somebody saved other limits while you changed these: saving yours undoes theirs.
          </Notice>
        )}
        {error ? <FailureNote error={error} /> : null}
      </SaveBar>
    </form>
  )
}

const useLimitsForm = (limits: TransferLimits) => {
  const { draft, isChanged, isOvertaken, change, discard } = useLimitsDraft(limits)
  const save = useSaveTransferLimits()
  const errors = draftErrors(draft)
  const refused = save.error instanceof ApiProblem ? apiErrors(draft, save.error.details) : {}
  const isWrong = Object.keys(errors).length > 0
  const part: LimitsPart = {
    draft,
    errorOf: (field) => errors[field] ?? refused[field],
    onChange: (next) => {
      change(next)
      // What was said about the last save is no longer about what is there.
      if (!save.isIdle) save.reset()
    },
  }
  return {
    part,
    state: { isChanged, isWrong, isPending: save.isPending, isSaved: save.isSuccess },
    isOvertaken: isOvertaken && !save.isPending,
    error: save.error,
    submit: () => save.mutate(limitsRequestOf(draft), { onSuccess: discard }),
    discard: () => {
      discard()
      save.reset()
    },
  }
}

const Everywhere = ({ draft, errorOf, onChange }: LimitsPart) => (
  <div className="space-y-4">
    <LimitFields
      title="Each mover process"
      hint="All copies of the process together."
      limit={draft.process}
      errorOf={(field) => errorOf(`process.${field}`)}
      onChange={(process) => onChange({ ...draft, process })}
    />
    <LimitFields
      title="Each copy"
      hint="Each copy of a disk by itself."
      limit={draft.copy}
      errorOf={(field) => errorOf(`copy.${field}`)}
      onChange={(copy) => onChange({ ...draft, copy })}
    />
  </div>
)
