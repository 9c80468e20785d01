import { useEffect } from 'react'

/**
 * Asks again every `everyMs` while `isOn`. A query's own interval starts anew with each event that changes its data,
 * so it would never ring for what events move each second.
 */
export const useAskAgain = (isOn: boolean, everyMs: number, ask: () => unknown): void => {
  useEffect(() => {
    if (!isOn) return undefined
    const timer = setInterval(() => void ask(), everyMs)
    return () => clearInterval(timer)
  }, [isOn, everyMs, ask])
}
