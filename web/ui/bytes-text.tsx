import { formatBytes } from '../lib/format.js'

/** A size in binary units; the exact number of bytes on hover. */
export const BytesText = ({ bytes }: { bytes: number }) => (
  <span className="whitespace-nowrap tabular-nums" title={`${bytes.toLocaleString('en')} bytes`}>
    {formatBytes(bytes)}
  </span>
)
