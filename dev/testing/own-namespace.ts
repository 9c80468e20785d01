// Before each integration test file: the Temporal namespaces of this one of jest's workers. Queues bear fixed names
// and are a namespace's own, so files that run at the same time do not serve each other's.
const { SENDENSE_TEST_NAMESPACES: shared, JEST_WORKER_ID: worker = '1' } = process.env
if (shared !== undefined) {
  process.env['TEMPORAL_NAMESPACE'] = `${shared}-${worker}`
  // The API's tests leave runs behind that nobody serves.
  process.env['SENDENSE_TEST_API_NAMESPACE'] = `${shared}-api-${worker}`
}
