import { cronInWords } from './cron-in-words.js'

test.each([
  ['* * * * *', 'every minute'],
  ['*/5 * * * *', 'every 5 minutes'],
  ['0 * * * *', 'every hour'],
  ['@hourly', 'every hour'],
  ['15 * * * *', 'every hour at minute 15'],
  ['5,20,45 * * * *', 'every hour at minutes 5, 20 and 45'],
  ['*/7 * * * *', 'every hour at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56'],
  ['0 */2 * * *', 'every 2 hours'],
  ['30 */6 * * *', 'every 6 hours at minute 30'],
  ['0 2 * * *', 'daily at 02:00'],
  ['0 2,14 * * *', 'daily at 02:00 and 14:00'],
  ['*/15 8-17 * * *', 'every 15 minutes from 08:00 to 17:59'],
  ['* 3 * * *', 'every minute from 03:00 to 03:59'],
  ['*/10 1,5,7 * * *', 'every 10 minutes of the hours 1, 5 and 7'],
  ['10,50 1-3,9 * * *', 'at minutes 10 and 50 of the hours 1 to 3 and 9'],
  ['30 2 * * 1,5', 'at 02:30 on Mondays and Fridays'],
  ['0 22 * * mon-fri', 'at 22:00 from Monday to Friday'],
  ['@weekly', 'at 00:00 on Sundays'],
  ['0 3 1 * *', 'at 03:00 on day 1 of the month'],
  ['0 3 1,15 * *', 'at 03:00 on days 1 and 15 of the month'],
  ['0 0 1 jan,jul *', 'at 00:00 on day 1 of the month in January and July'],
  ['@yearly', 'at 00:00 on day 1 of the month in January'],
  ['*/20 * * 6-8 *', 'every 20 minutes in June to August'],
  ['0 12 13 * 5', 'at 12:00 on day 13 of the month and on Fridays'],
  ['0 12 */10 * 1', 'at 12:00 on Mondays that are days 1, 11, 21 and 31 of the month'],
  ['not a cron', 'not a cron'],
])('%s is "%s"', (expression, words) => {
  expect(cronInWords(expression)).toBe(words)
})
