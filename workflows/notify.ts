import { log } from '@temporalio/workflow'
import type { NoticeEvent, NoticeResult } from '../domain/notice.js'
import { failureView } from './failure-view.js'
import { notices } from './steps.js'

/** Tells the webhook one event. Gives up after nine tries in about an hour, which nothing but its history shows. */
export async function notify(event: NoticeEvent): Promise<NoticeResult> {
  try {
    const { sent } = await notices.sendNotice.executeWithOptions(
      { summary: `tell the webhook: ${event.kind}` },
      [event],
    )
    return { sent, reason: sent ? null : 'it is not wanted any more' }
  } catch (error) {
    const { message } = failureView(error)
    log.warn('the webhook was not told', { message })
    return { sent: false, reason: message }
  }
}
