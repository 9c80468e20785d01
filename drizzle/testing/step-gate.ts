import { createConnection, type Connection } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'

/** `before`: nothing of the step is done. `after`: all of it is done, and nobody has been told. */
export interface GatedStep {
  readonly side: 'before' | 'after'
  /** The activity's name. */
  readonly name: string
  /** Only steps of runs of this workflow type. */
  readonly workflowType: string
}

/**
 * Holds a running product between two of its steps. Each step writes a line of the JobLog before it begins and again
 * before its answer leaves the worker: a trigger makes the database slow to take that one line.
 */
export interface StepGate {
  /** How many steps stand before it now. */
  waiting(): Promise<number>
  /** Lets them go on, and all that come later. Works, too, when the database was killed meanwhile. */
  open(): Promise<void>
}

const lock = 'sendense-step-gate'
const trigger = 'sendense_step_gate'
// Nobody is held for longer, whatever becomes of the test.
const longestSeconds = 120

/** Closes the gate on a product's own database. */
export const closeStepGate = async (url: string, step: GatedStep): Promise<StepGate> => {
  const connection = await connect(url)
  // A server that is killed says so here, and not as an error that nobody catches.
  connection.on('error', () => undefined)
  const status = step.side === 'before' ? `= 'running'` : `<> 'running'`
  await connection.query('do get_lock(?, 30)', [lock])
  await connection.query(
    `create or replace trigger ${trigger} before insert on job_steps for each row
     begin
       if new.name = ${connection.escape(step.name)} and new.status ${status}
          and new.step_id like ${connection.escape(`${step.workflowType}/%`)} then
         do get_lock('${lock}', ${longestSeconds});
         do release_lock('${lock}');
       end if;
     end`,
  )
  return {
    waiting: () => waitingIn(connection),
    open: async () => {
      // The lock falls with its connection, also where the server is gone already.
      connection.destroy()
    },
  }
}

/** Takes the gate away once nobody stands before it. */
export const removeStepGate = async (url: string): Promise<void> => {
  const connection = await connect(url)
  try {
    await connection.query(`drop trigger if exists ${trigger}`)
  } finally {
    await connection.end()
  }
}

const connect = (url: string): Promise<Connection> => createConnection(connectionOptions(url))

const waitingIn = async (connection: Connection): Promise<number> => {
  const [rows] = await connection.query(
    `select count(*) as waiting from information_schema.processlist where state = 'User lock'`,
  )
  return Number((rows as { waiting: number }[])[0]?.waiting ?? 0)
}
