// crypto.randomUUID exists on https and localhost only; the page also runs on plain http in a lab network.
/** An `Idempotency-Key` for one intention of the user. */
export const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )
