import type { Cron } from './cron.js'
import { wallClock } from './wall-clock.js'
import type { WallClock } from './wall-clock.js'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000
// Where no day fits, the search must end: the longest wait within one day's change is a day.
const searchedMs = 3 * dayMs

const offsetAt = (moment: number, timezone: string): number =>
  wallClock(new Date(moment), timezone) - Math.floor(moment / 1000) * 1000

/**
 * A moment at which the clocks show this, chosen as Go's `time.Date` does, and with it Temporal's server: of two the
 * earlier one west of UTC and the later one east of it; for a time that they skip one beside the gap.
 */
export function momentOf(wall: WallClock, timezone: string): number {
  const guess = wall - offsetAt(wall, timezone)
  return wall - offsetAt(guess, timezone)
}

/**
 * The first due time after a moment near a change of clocks, step by step as Temporal's server finds it
 * (service/worker/scheduler/calendar.go, `next`), with what it does oddly: who evaluates otherwise takes rings for
 * lost. Infinity where none comes within three days.
 */
export function nextAcrossChange(cron: Cron, timezone: string, after: number): number {
  const now = wallClock(new Date(after), timezone)
  const hourOf = (wall: WallClock): number => new Date(wall).getUTCHours()
  let second = hourOf(wallClock(new Date(after - hourMs), timezone)) === hourOf(now) ? hourMs : 0
  // All due times are whole minutes.
  let wall = Math.floor(now / minuteMs) * minuteMs
  const end = wall + searchedMs
  const nextHour = (): void => {
    const hour = Math.floor(wall / hourMs) * hourMs
    const passed = momentOf(hour + hourMs, timezone) - momentOf(hour, timezone)
    const again = second === 0 && passed > hourMs
    wall = again ? hour : hour + hourMs
    second = again ? hourMs : 0
  }
  const nextMinute = (): void => {
    if (wall % hourMs === hourMs - minuteMs) nextHour()
    else wall += minuteMs
  }
  nextMinute()
  while (wall < end) {
    const shown = new Date(wall)
    if (!isDay(cron, wall, timezone)) [wall, second] = [Math.floor(wall / dayMs) * dayMs + dayMs, 0]
    else if (!cron.hours.includes(shown.getUTCHours()))
      [wall, second] = [Math.floor(wall / hourMs) * hourMs + hourMs, 0]
    else if (!cron.minutes.includes(shown.getUTCMinutes())) nextMinute()
    else {
      const moment = momentOf(wall, timezone)
      if (hourOf(wallClock(new Date(moment), timezone)) === shown.getUTCHours()) return moment + second
      wall = Math.floor(wall / hourMs) * hourMs + hourMs
    }
  }
  return Infinity
}

function isDay({ months, daysOfMonth, daysOfWeek }: Cron, wall: WallClock, timezone: string): boolean {
  const day = new Date(wall)
  const weekday = new Date(wallClock(new Date(momentOf(wall, timezone)), timezone)).getUTCDay()
  return (
    months.includes(day.getUTCMonth() + 1) &&
    daysOfMonth.includes(day.getUTCDate()) &&
    daysOfWeek.includes(weekday)
  )
}
