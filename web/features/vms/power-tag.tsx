import type { Tone } from '../../ui/status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'

const states: Readonly<Record<string, { tone: Tone; text: string }>> = {
  poweredOn: { tone: 'good', text: 'on' },
  poweredOff: { tone: 'stopped', text: 'off' },
  suspended: { tone: 'paused', text: 'suspended' },
}

export const PowerTag = ({ state }: { state: string }) => {
  const known = states[state]
  return <StatusTag tone={known?.tone ?? 'neutral'}>{known?.text ?? state}</StatusTag>
}
