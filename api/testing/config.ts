/** The Temporal namespace whose queues are this test's; the server's own when `npm test` names none. */
export const temporalNamespace = (): string => process.env['SENDENSE_TEST_API_NAMESPACE'] ?? 'default'
