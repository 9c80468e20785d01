import './lib/zod-without-eval.js'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Providers } from './app/providers.js'
import { Routed } from './app/routes.js'
import './styles.css'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id "root"')
createRoot(root).render(
  <StrictMode>
    <Providers>
      <Routed />
    </Providers>
  </StrictMode>,
)
