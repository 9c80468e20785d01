import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import type { WorkerConfig } from './config.js'

/** One connection for the worker to poll with, one for its steps to ask with. */
export async function connectTemporal(
  config: WorkerConfig,
): Promise<{ native: NativeConnection; client: Client; close: () => Promise<void> }> {
  const options = {
    address: config.TEMPORAL_ADDRESS,
    ...(await security(config)),
  }
  const native = await NativeConnection.connect(options)
  const connection = await Connection.connect(options)
  return {
    native,
    client: new Client({ connection, namespace: config.TEMPORAL_NAMESPACE }),
    close: async () => {
      await connection.close()
      await native.close()
    },
  }
}

async function security(config: WorkerConfig): Promise<{
  apiKey?: string
  tls?: true | { serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } }
}> {
  const {
    TEMPORAL_TLS_CERT_FILE: crt,
    TEMPORAL_TLS_KEY_FILE: key,
    TEMPORAL_TLS_CA_FILE: ca,
    TEMPORAL_API_KEY: apiKey,
  } = config
  const files = {
    ...(ca && { serverRootCACertificate: await readFile(ca) }),
    ...(crt && key && { clientCertPair: { crt: await readFile(crt), key: await readFile(key) } }),
  }
  if (Object.keys(files).length > 0) return { tls: files, ...(apiKey && { apiKey }) }
  return apiKey ? { tls: true, apiKey } : {}
}
