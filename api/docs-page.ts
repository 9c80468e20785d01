import express from 'express'
import type { Router } from 'express'
import { absolutePath } from 'swagger-ui-dist'
import { apiPrefix } from './contract/operation.js'

// Own page and initializer: no inline script and nothing from another host, as the content security policy wants.
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Sendense API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/initializer.js"></script>
</body>
</html>
`
const initializer = `SwaggerUIBundle({
  url: '${apiPrefix}/openapi.json',
  dom_id: '#swagger-ui',
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers['x-sendense-csrf'] = '1'
    return request
  },
})
`

/** The API's own documentation page; the document behind it wants a login, which the session cookie brings. */
export function docsPage(): Router {
  const router = express.Router()
  router.get('/', (_request, response) => void response.type('html').send(page))
  router.get('/initializer.js', (_request, response) => void response.type('js').send(initializer))
  router.use(express.static(absolutePath(), { index: false, redirect: false, fallthrough: true }))
  return router
}
