import path from 'node:path'
import express from 'express'
import type { Express, Request } from 'express'

/** The page: hashed assets for ever, everything else that a browser opens is the page itself, which routes on. */
export function mountWebFiles(app: Express, webDir: string): void {
  const directory = path.resolve(webDir)
  app.use(
    '/assets',
    express.static(path.join(directory, 'assets'), {
      immutable: true,
      maxAge: '1y',
      index: false,
      redirect: false,
    }),
  )
  app.use(express.static(directory, { index: 'index.html', redirect: false, cacheControl: false }))
  app.use((request, response, next) => {
    if (!wantsPage(request)) return next()
    response.sendFile('index.html', { root: directory, cacheControl: false }, (error) => {
      if (error) next()
    })
  })
}

const wantsPage = (request: Request): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  !request.path.startsWith('/assets/') &&
  (request.get('accept') ?? '').includes('text/html')
