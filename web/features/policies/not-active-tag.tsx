import { StatusTag } from '../../ui/status-tag.js'

/** Marks what is stored and shown and has no effect so far. */
export const NotActiveTag = () => <StatusTag tone="neutral">not active yet</StatusTag>
