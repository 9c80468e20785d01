import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { Failure } from '../../domain/failure.js'
import { ApiProblem } from '../problem.js'
import { parseRange } from './range.js'

export interface Content {
  /** Where a worker serves the bytes: plain HTTP on loopback. */
  readonly url: string
  readonly sizeBytes: number
  readonly fileName: string
}

/** Thrown when the worker's address does not answer any more (it closes when idle): open the content anew. */
export class ContentGone extends Error {
  override readonly name = 'ContentGone'
}

/**
 * Answers with the content or the single range of it that was asked for. Back-pressure reaches the worker; a browser
 * that goes away ends the worker's answer too. Throws `ContentGone` only before the first byte.
 */
export async function streamContent(content: Content, request: Request, response: Response): Promise<void> {
  const range = parseRange(request.get('range'), content.sizeBytes)
  if (range.kind === 'unsatisfiable') {
    response.set('content-range', `bytes */${content.sizeBytes}`)
    throw new ApiProblem(416, 'bad-request', `The range lies outside the disk's ${content.sizeBytes} bytes`, {
      remedy: 'Ask for bytes within the disk.',
    })
  }
  const [start, end] = range.kind === 'part' ? [range.start, range.end] : [0, content.sizeBytes - 1]
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${content.fileName}"`,
    'accept-ranges': 'bytes',
    'content-length': String(end - start + 1),
    'cache-control': 'private, no-store',
    ...(range.kind === 'part' ? { 'content-range': `bytes ${start}-${end}/${content.sizeBytes}` } : {}),
  }
  const status = range.kind === 'part' ? 206 : 200
  if (request.method === 'HEAD' || end < start) return void response.status(status).set(headers).end()
  await relay(content.url, start, end, response, () => response.status(status).set(headers))
}

async function relay(
  url: string,
  start: number,
  end: number,
  response: Response,
  begin: () => void,
): Promise<void> {
  const stop = new AbortController()
  response.on('close', () => stop.abort())
  const source = await ask(url, `bytes=${start}-${end}`, stop.signal)
  begin()
  try {
    await pipeline(source, response, { signal: stop.signal })
  } catch (error) {
    // The head is out: a cut connection is the only way left to say that bytes are missing.
    response.destroy()
    if (!stop.signal.aborted) throw error
  }
}

function ask(url: string, range: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new ContentGone('The content is not served any more'))
    const outgoing = httpRequest(loopbackUrl(url), { headers: { range }, signal }, (incoming) => {
      if (incoming.statusCode === 206) return resolve(incoming)
      incoming.resume()
      gone()
    })
    outgoing.on('error', gone)
    outgoing.end()
  })
}

// A workflow's answer must not send us to another host.
function loopbackUrl(text: string): URL {
  const url = new URL(text)
  if (url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) return url
  throw new Failure(
    'not-available',
    "The disk's content is served on another host, which is not possible yet",
    {
      retry: false,
      remedy: 'Run a worker with this repository on the host of the API.',
    },
  )
}
