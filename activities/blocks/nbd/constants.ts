/** Numbers of the NBD protocol (doc/proto.md of NetworkBlockDevice/nbd). */
export const magic = {
  init: 0x4e42444d41474943n,
  option: 0x49484156454f5054n,
  oldStyle: 0x00420281861253n,
  optionReply: 0x3e889045565a9n,
  request: 0x25609513,
  extendedRequest: 0x21e41c71,
  simpleReply: 0x67446698,
  structuredReply: 0x668e33ef,
  extendedReply: 0x6e8a278c,
} as const

export const handshakeFlag = { fixedNewstyle: 1, noZeroes: 2 } as const

export const option = {
  exportName: 1,
  abort: 2,
  list: 3,
  startTls: 5,
  info: 6,
  go: 7,
  structuredReply: 8,
  listMetaContext: 9,
  setMetaContext: 10,
  extendedHeaders: 11,
} as const

export const optionReply = {
  ack: 1,
  server: 2,
  info: 3,
  metaContext: 4,
  errorBit: 0x80000000,
  unsupported: 0x80000001,
  tlsRequired: 0x80000005,
} as const

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
  0x8000000a: { errno: 'ENOTSUP', text: 'the server requires extended headers' },
}

export const info = { export: 0, name: 1, description: 2, blockSize: 3 } as const

export const transmissionFlag = {
  readOnly: 1 << 1,
  sendFlush: 1 << 2,
  sendFua: 1 << 3,
  rotational: 1 << 4,
  sendTrim: 1 << 5,
  sendWriteZeroes: 1 << 6,
  canMultiConn: 1 << 8,
  sendFastZero: 1 << 11,
  blockStatusPayload: 1 << 12,
} as const

export const command = { read: 0, write: 1, disconnect: 2, flush: 3, writeZeroes: 6, blockStatus: 7 } as const

export const commandFlag = { fastZero: 1 << 4, payloadLength: 1 << 5 } as const

export const chunk = {
  none: 0,
  offsetData: 1,
  offsetHole: 2,
  blockStatus: 5,
  blockStatusExtended: 6,
  errorBit: 0x8000,
  errorOffset: 0x8002,
} as const

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
