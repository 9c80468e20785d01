/** What operators mostly want, as buttons. */
export const usualCrons = [
  { name: 'Every 5 minutes', cron: '*/5 * * * *' },
  { name: 'Hourly', cron: '0 * * * *' },
  { name: 'Every 6 hours', cron: '0 */6 * * *' },
  { name: 'Daily 02:00', cron: '0 2 * * *' },
  { name: 'Weekdays 22:00', cron: '0 22 * * 1-5' },
  { name: 'Weekly, Sunday 03:00', cron: '0 3 * * 0' },
  { name: 'Monthly, the 1st 04:00', cron: '0 4 1 * *' },
] as const
