import {
  ArrowPathIcon,
  CheckCircleIcon,
  ClockIcon,
  ExclamationTriangleIcon,
  MinusCircleIcon,
  NoSymbolIcon,
  PauseCircleIcon,
  XCircleIcon,
} from '@heroicons/react/24/outline'
import { Badge } from 'flowbite-react'
import type { ReactNode } from 'react'

const tones = {
  good: { colour: 'success', icon: CheckCircleIcon },
  bad: { colour: 'failure', icon: XCircleIcon },
  warning: { colour: 'warning', icon: ExclamationTriangleIcon },
  running: { colour: 'blue', icon: ArrowPathIcon },
  waiting: { colour: 'gray', icon: ClockIcon },
  paused: { colour: 'yellow', icon: PauseCircleIcon },
  stopped: { colour: 'gray', icon: NoSymbolIcon },
  neutral: { colour: 'gray', icon: MinusCircleIcon },
} as const
export type Tone = keyof typeof tones

/** A state as text and icon, never by colour alone. */
export const StatusTag = ({ tone, children }: { tone: Tone; children: ReactNode }) => {
  const { colour, icon: Icon } = tones[tone]
  return (
    <Badge color={colour} className="inline-flex w-fit whitespace-nowrap">
      <span className="inline-flex items-center gap-1">
        <Icon aria-hidden="true" className="h-3.5 w-3.5" />
        {children}
      </span>
    </Badge>
  )
}
