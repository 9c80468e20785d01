import type { Db } from '../open.js'
import { everyRow } from './every-row.js'

// Written by every call, refused or not.
const ofTheDoor = ['audit_events', 'api_tokens', 'sessions']

/** All that people configured and all that exists: for refusals, which must leave it as it is. */
export const worldOf = async (db: Db): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await everyRow(db))
      .filter(({ table }) => !ofTheDoor.includes(table))
      .map(({ table, text }) => [table, text]),
  )
