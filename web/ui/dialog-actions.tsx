import { Button, Spinner } from 'flowbite-react'

/** The last row of a form in a dialog. Submits are not repeated while one is under way. */
export const DialogActions = ({
  submit,
  isPending,
  isDisabled = false,
  isDangerous = false,
  onCancel,
}: {
  submit: string
  isPending: boolean
  isDisabled?: boolean
  isDangerous?: boolean
  onCancel: () => void
}) => (
  <div className="mt-6 flex justify-end gap-2">
    <Button type="button" color="alternative" onClick={onCancel}>
      Close
    </Button>
    <Button type="submit" color={isDangerous ? 'red' : 'blue'} disabled={isPending || isDisabled}>
      {isPending && <Spinner aria-hidden="true" size="sm" className="mr-2" />}
      {submit}
    </Button>
  </div>
)
