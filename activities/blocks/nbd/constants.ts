/** Numbers of the NBD protocol (doc/proto.md of NetworkBlockDevice/nbd). */
export const magic = {
  init: 0x4e42444d41474943n,
  option: 0x49484156454f5054n,
  oldStyle: 0x00420281861253n,
  optionReply: 0x3e889045565a9n,
  request: 0x25609513,
  simpleReply: 0x67446698,
  structuredReply: 0x668e33ef,
} as const

export const handshakeFlag = { fixedNewstyle: 1, noZeroes: 2 } as const

export const option = { exportName: 1, abort: 2, go: 7, structuredReply: 8, setMetaContext: 10 } as const

export const optionReply = { ack: 1, info: 3, metaContext: 4, errorBit: 0x80000000 } as const

export const optionError: Readonly<Record<number, { errno: string; text: string }>> = {
  0x80000001: { errno: 'ENOTSUP', text: 'the server does not support this option' },
  0x80000002: { errno: 'EACCES', text: 'the server forbids it by policy' },
  0x80000003: { errno: 'EINVAL', text: 'the server calls the option invalid' },
  0x80000004: { errno: 'ENOTSUP', text: 'the server was built without it' },
  0x80000005: { errno: 'EACCES', text: 'the server requires TLS' },
  0x80000006: { errno: 'ENOENT', text: 'the server has no export of this name' },
  0x80000007: { errno: 'ESHUTDOWN', text: 'the server is shutting down' },
  0x80000008: { errno: 'EINVAL', text: 'the server requires block sizes to be negotiated' },
  0x80000009: { errno: 'EOVERFLOW', text: 'the request is too big for the server' },
}

export const info = { export: 0, blockSize: 3 } as const

export const transmissionFlag = {
  readOnly: 1 << 1,
  sendFlush: 1 << 2,
  sendWriteZeroes: 1 << 6,
  canMultiConn: 1 << 8,
} as const

export const command = { read: 0, write: 1, disconnect: 2, flush: 3, writeZeroes: 6, blockStatus: 7 } as const

export const chunk = { none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, errorBit: 0x8000 } as const

export const chunkDone = 1

export const stateFlag = { hole: 1, zero: 2 } as const

// The wire's own numbers, equal to Linux's for the values that may occur.
const errnos: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
}

/** Name of an errno on the wire; unknown ones count as EINVAL (the protocol's rule). */
export const errnoName = (code: number): string => errnos[code] ?? 'EINVAL'
