import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { initramfsInit, wantedModules } from './guest-scripts.js'
import type { GuestKernel } from './kernel.js'
import { installBusybox } from './busybox.js'
import { runTool } from './run-tool.js'

const compress = promisify(gzip)

/** Writes an initramfs with busybox and the drivers of all hypervisors we know. */
export const writeInitramfs = async (kernel: GuestKernel, workDir: string, file: string): Promise<void> => {
  const root = join(workDir, 'initramfs')
  for (const dir of ['bin', 'modules', 'proc', 'sys', 'dev', 'root']) {
    await mkdir(join(root, dir), { recursive: true })
  }
  await installBusybox(join(root, 'bin'))
  await writeFile(join(root, 'init'), initramfsInit, { mode: 0o755 })
  const order = loadOrder(await readFile(join(kernel.modulesDir, 'modules.dep'), 'utf8'), wantedModules)
  for (const path of order) {
    await copyFile(join(kernel.modulesDir, path), join(root, 'modules', basename(path)))
  }
  await writeFile(join(root, 'modules', 'order'), order.map((path) => `${basename(path)}\n`).join(''))
  const names = (await runTool('find', ['.', '-mindepth', '1'], { cwd: root })).toString()
  const archive = await runTool('cpio', ['-o', '-H', 'newc', '-R', '0:0', '--quiet'], {
    cwd: root,
    input: names.split('\n').filter(Boolean).sort().join('\n') + '\n',
  })
  await writeFile(file, await compress(archive))
}

/** Modules with all they depend on, each after its dependencies; built-in ones are absent from modules.dep. */
export const loadOrder = (modulesDep: string, wanted: readonly string[]): string[] => {
  const needs = new Map<string, string[]>()
  for (const line of modulesDep.split('\n')) {
    const [path, rest] = line.split(':')
    if (path === undefined || rest === undefined) continue
    needs.set(path, rest.split(' ').filter(Boolean))
  }
  const order: string[] = []
  const add = (path: string): void => {
    if (order.includes(path)) return
    for (const needed of needs.get(path) ?? []) add(needed)
    if (!order.includes(path)) order.push(path)
  }
  for (const name of wanted) {
    const path = [...needs.keys()].find((known) => basename(known).replace(/\.ko.*$/, '') === name)
    if (path !== undefined) add(path)
  }
  return order
}
