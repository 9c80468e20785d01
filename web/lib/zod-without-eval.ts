import { z } from 'zod'

// Must be imported before the contract: zod decides when a schema is made whether to compile its parser with
// `new Function`, which the content security policy forbids and reports.
z.config({ jitless: true })
