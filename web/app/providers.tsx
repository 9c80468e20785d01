import { QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { BrowserRouter } from 'react-router'
import { PageBoundary } from './page-boundary.js'
import { openQueryClient } from './query-client.js'

export const Providers = ({ children }: { children: ReactNode }) => {
  const [client] = useState(openQueryClient)
  return (
    <PageBoundary>
      <QueryClientProvider client={client}>
        <BrowserRouter>{children}</BrowserRouter>
      </QueryClientProvider>
    </PageBoundary>
  )
}
