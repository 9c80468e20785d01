import type { Backup } from '../../../domain/backup.js'
import type { VmContext } from '../../../domain/vm-context.js'
import type { Db } from '../../../drizzle/open.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { contextById, contextsByName } from '../../../drizzle/queries/vm-contexts.js'
import { ApiProblem, notFound } from '../../problem.js'

/** Throws 404. */
export async function findBackup(db: Db, id: string): Promise<Backup> {
  const backup = await backupById(db, id)
  if (backup === undefined) throw notFound('backup', id)
  return backup
}

export interface VmChoice {
  readonly vm_context_id?: string | undefined
  readonly vm_name?: string | undefined
}

/** The one VM that is meant. Throws 404, or 409 with the candidates when several bear the name. */
export async function findVm(db: Db, choice: VmChoice): Promise<VmContext> {
  if (choice.vm_context_id !== undefined) {
    const context = await contextById(db, choice.vm_context_id)
    if (context === undefined) throw notFound('VM context', choice.vm_context_id)
    return context
  }
  const name = choice.vm_name ?? ''
  const [first, ...others] = await contextsByName(db, name)
  if (first === undefined)
    throw new ApiProblem(404, 'vm-not-found', `No VM named ${name} is under protection`, {
      facts: { vm_name: name },
      remedy:
        'Discover the platform and take the VM under protection first; names count upper and lower case.',
    })
  if (others.length > 0) throw ambiguous(name, [first, ...others])
  return first
}

const ambiguous = (name: string, contexts: readonly VmContext[]): ApiProblem =>
  new ApiProblem(409, 'vm-ambiguous', `${contexts.length} VMs are named ${name}`, {
    remedy: 'Say which one by vm_context_id.',
    candidates: contexts.map(({ id, vm_name, vm_path, vcenter_host }) => ({
      vm_context_id: id,
      vm_name,
      vm_path,
      vcenter_host,
    })),
  })
