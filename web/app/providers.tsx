import { QueryClientProvider } from '@tanstack/react-query'
import { ThemeProvider } from 'flowbite-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { BrowserRouter } from 'react-router'
import { theme } from '../ui/theme.js'
import { PageBoundary } from './page-boundary.js'
import { openQueryClient } from './query-client.js'

export const Providers = ({ children }: { children: ReactNode }) => {
  const [client] = useState(openQueryClient)
  return (
    <PageBoundary>
      <QueryClientProvider client={client}>
        <ThemeProvider theme={theme}>
          <BrowserRouter>{children}</BrowserRouter>
        </ThemeProvider>
      </QueryClientProvider>
    </PageBoundary>
  )
}
