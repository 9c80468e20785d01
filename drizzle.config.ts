import { defineConfig } from 'drizzle-kit'

// drizzle-kit asks for a default export; it needs no database, only the tables and its last snapshot.
export default defineConfig({
  dialect: 'mysql',
  schema: './drizzle/schema/all.ts',
  out: './drizzle/migrations',
})
