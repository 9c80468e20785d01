import { scenes, type Scene } from './cases.js'
import { nbdcopyCommand, qemuImgCommand, sourceUri } from './peers.js'
import { stageAt } from './stage.js'

const stage = stageAt('/b')
const sceneOf = (name: string): Scene => scenes.find(({ cases }) => cases.some((one) => one.name === name))!
const sockets = { source: '/b/from', target: '/b/to' }
const nbd = (socket: string): string => `nbd+unix:///?socket=${socket}`

test.each([
  { name: 'full-raw', args: ['--flush', '--destination-is-zero', nbd('/b/from'), nbd('/b/to')] },
  {
    name: 'incremental',
    args: ['--flush', '--destination-is-zero', '--sparse=0', nbd('/b/from'), nbd('/b/to')],
  },
])('nbdcopy of $name flushes and leaves holes alone', ({ name, args }) => {
  expect(nbdcopyCommand(stage, sceneOf(name), sockets)).toEqual({ program: 'nbdcopy', args })
})

test('nbdcopy reads into nothing', () => {
  const { args } = nbdcopyCommand(stage, sceneOf('read'), { source: '/b/from' })
  expect(args).toEqual([nbd('/b/from'), 'null:'])
})

test('behind TLS all name the file of the key', () => {
  const scene = sceneOf('tls-psk')
  const uri = 'nbds+unix://bench@/?socket=/b/from&tls-psk-file=/b/psk/keys.psk'
  expect(sourceUri(stage, scene, '/b/from')).toBe(uri)
  expect(nbdcopyCommand(stage, scene, sockets).args).toContain(uri)
  expect(qemuImgCommand(stage, scene, sockets).args.join(' ')).toMatch(
    /--object tls-creds-psk,id=tls,dir=\/b\/psk,username=bench,.* .*path=\/b\/from,file.tls-creds=tls .*path=\/b\/to$/,
  )
})
