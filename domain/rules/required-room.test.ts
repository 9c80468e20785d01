import { pointOverheadBytes, requiredRoom } from './required-room.js'

const GiB = 1024 ** 3
const thin = { capacityBytes: 100 * GiB, provisioningType: 'thin' }
const thick = { capacityBytes: 10 * GiB, provisioningType: 'thick' }
const zeroed = { capacityBytes: 5 * GiB, provisioningType: 'eager_zeroed' }

test.each([
  { name: 'thin disks without an earlier point', disks: [thin, thin], last: null, room: 0 },
  { name: 'thick disks count whole', disks: [thick, zeroed, thin], last: null, room: 15 * GiB },
  { name: 'the last point is known', disks: [thick, thin], last: 3 * GiB, room: 3 * GiB },
  { name: 'the last point was empty', disks: [thick], last: 0, room: 0 },
  { name: 'no disk', disks: [], last: null, room: 0 },
])('$name', ({ disks, last, room }) => {
  expect(requiredRoom(disks, last)).toBe(room + pointOverheadBytes)
})
