import { createConnection } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'

const questions = {
  'leases held': 'select count(*) as n from operation_leases where owner_workflow_id is not null',
  'slots taken': 'select count(*) as n from operation_slots',
  waiters: 'select count(*) as n from operation_lease_waiters',
  pins: 'select count(*) as n from backup_pins',
  'cleanups pending': "select count(*) as n from backup_jobs where cleanup = 'pending'",
  'rooms reserved': 'select count(*) as n from backup_jobs where reserved_bytes > 0',
} as const

/** What running operations hold in a product's database: `leases held: 1`. Empty when nothing runs and nothing leaked. */
export const heldRows = async (url: string): Promise<string[]> => {
  const connection = await createConnection(connectionOptions(url))
  try {
    const held: string[] = []
    for (const [what, question] of Object.entries(questions)) {
      const [rows] = await connection.query(question)
      const count = Number((rows as { n: number }[])[0]?.n)
      if (count > 0) held.push(`${what}: ${count}`)
    }
    return held
  } finally {
    await connection.end()
  }
}
