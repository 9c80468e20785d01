import { useEffect, useState } from 'react'

/** The value once it has stood still for `afterMs`: what is asked about while somebody types. Compared by its JSON. */
export const useSettled = <T>(value: T, afterMs = 400): T => {
  const text = JSON.stringify(value)
  const [settled, setSettled] = useState({ text, value })
  useEffect(() => {
    if (text === settled.text) return undefined
    const timer = setTimeout(() => setSettled({ text, value }), afterMs)
    return () => clearTimeout(timer)
  }, [text, value, settled.text, afterMs])
  return settled.value
}
