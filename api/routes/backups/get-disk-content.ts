import type { Backup } from '../../../domain/backup.js'
import type { OpenContentInput, OpenContentResult } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { disksOfBackup } from '../../../drizzle/queries/backup-disks.js'
import { ContentGone, streamContent } from '../../content/stream-content.js'
import type { Content } from '../../content/stream-content.js'
import type { ApiContext } from '../../context.js'
import { getDiskContent } from '../../contract/backups.js'
import { randomId } from '../../ids.js'
import { ApiProblem, notFound, serviceUnavailable } from '../../problem.js'
import { route, streamed } from '../../route.js'
import { askWorkflow } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

export const getDiskContentRoute = route(getDiskContent, async ({ context, params, request, response }) => {
  const backup = await findBackup(context.db, params.id)
  const disk = (await disksOfBackup(context.db, backup.id)).find((one) => one.disk_id === params.disk_id)
  if (disk === undefined) throw notFound(`disk of ${backup.id}`, params.disk_id)
  if (backup.status !== 'completed')
    throw new ApiProblem(409, 'conflict', `${backup.id} is ${backup.status}: it has no content to read`, {
      remedy: 'Choose a completed backup.',
    })
  const content = await openContent(context, backup, disk.disk_id)
  try {
    await streamContent(content, request, response)
  } catch (error) {
    if (!(error instanceof ContentGone)) throw error
    context.contents.delete(contentKey(backup.id, disk.disk_id))
    await streamContent(await openContent(context, backup, disk.disk_id), request, response)
  }
  return streamed
})

const contentKey = (backupId: string, diskId: string): string => `${backupId}/${diskId}`
const remembered = 200

/** The disk as a worker serves it. Remembered: a reader of many ranges must not start a workflow for each. */
async function openContent(context: ApiContext, backup: Backup, diskId: string): Promise<Content> {
  const key = contentKey(backup.id, diskId)
  const known = context.contents.get(key)
  if (known !== undefined) return known
  const input: OpenContentInput = { backupId: backup.id, repositoryId: backup.repository_id, diskId }
  const outcome = await askWorkflow<OpenContentResult>(
    context.temporal,
    {
      type: workflowTypes.openContent,
      workflowId: workflowIds.openContent(backup.id, randomId('read')),
      input,
      summary: `Open ${diskId} of ${backup.id} for reading`,
      opKind: 'open-content',
      whenRunning: 'fail',
    },
    context.waits.questionMs,
  )
  if (!outcome.done)
    throw serviceUnavailable(
      `Nobody opens the content of ${backup.id}`,
      'Check that a worker serves its repository.',
    )
  const { url, sizeBytes } = outcome.result
  const reference = new URL(url).pathname.slice(1)
  const content = {
    url: `${url}/${context.contentToken(reference)}`,
    sizeBytes,
    fileName: `${backup.id}-${diskId}.raw`,
  }
  if (context.contents.size >= remembered) context.contents.clear()
  context.contents.set(key, content)
  return content
}
