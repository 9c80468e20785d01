/** The Temporal server that the tests share. Throws a sentence that says how to get one. */
export const temporalAddressOf = (environment: NodeJS.ProcessEnv): string => {
  const address = environment['TEMPORAL_ADDRESS']
  if (address !== undefined && address !== '') return address
  throw new Error('This test needs a Temporal server: set TEMPORAL_ADDRESS; `npm test` starts one itself')
}
