/** The numbers among a flow's settings, with their bounds in the contract and what they mean. */
export const numberFields = [
  {
    field: 'catchup_limit_minutes',
    label: 'Catch-up limit (minutes)',
    hint: 'A missed run that is older than this when Sendense is back is never made up for.',
    min: 1,
    max: 10_080,
  },
  {
    field: 'max_retries',
    label: 'Tries again per VM',
    hint: 'How often a VM is tried again within a run, where its failure may pass by itself. 0: never.',
    min: 0,
    max: 20,
  },
  {
    field: 'retry_wait_seconds',
    label: 'Wait before each (seconds)',
    hint: 'How long a VM waits before it is tried again; others go on meanwhile.',
    min: 1,
    max: 86_400,
  },
  {
    field: 'max_run_minutes',
    label: 'Longest run (minutes)',
    hint: 'What has not ended by then is stopped. Empty: no bound.',
    min: 1,
    max: 20_160,
  },
  {
    field: 'full_every_days',
    label: 'Full backup after (days)',
    hint: 'A chain that is older ends; a full backup begins the next one.',
    min: 1,
    max: 3650,
  },
  {
    field: 'full_every_points',
    label: 'Full backup after (points)',
    hint: 'A chain of so many points ends, too. Old chains are removed whole.',
    min: 1,
    max: 1000,
  },
] as const
