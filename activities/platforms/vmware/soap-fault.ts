/** A fault as the vCenter worded it; never leaves this folder: `faults.ts` translates it by its type. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault'
  readonly type: string
  /** The server's sentence; empty where it gave none. */
  readonly sentence: string
  /** The fault's own fields, as parsed XML. */
  readonly detail: unknown

  constructor(type: string, sentence: string, detail: unknown) {
    // Simulators put the name of a Go type where a vCenter has a sentence.
    const readable = /^\*?types\./.test(sentence) ? '' : sentence
    super(readable === '' ? type : `${type}: ${readable}`)
    this.type = type
    this.sentence = readable
    this.detail = detail
  }
}

export const isFault = (error: unknown, ...types: readonly string[]): error is SoapFault =>
  error instanceof SoapFault && types.includes(error.type)
