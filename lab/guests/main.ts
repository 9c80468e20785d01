import { resolve } from 'node:path'
import { buildGuestImages } from './build-images.js'

const [outDir, cacheDir] = process.argv.slice(2)
if (outDir === undefined) {
  console.error('usage: npx tsx lab/guests/main.ts OUTDIR [CACHEDIR]')
  process.exitCode = 2
} else {
  const images = await buildGuestImages({
    outDir: resolve(outDir),
    ...(cacheDir === undefined ? {} : { cacheDir: resolve(cacheDir) }),
    log: (line) => console.log(line),
  })
  console.log(JSON.stringify(images, null, 2))
}
