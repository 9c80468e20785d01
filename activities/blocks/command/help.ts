export const commandNames = ['copy', 'verify', 'compare', 'info'] as const
export type CommandName = (typeof commandNames)[number]

const uris = `<uri> is nbd://host[:port]/export, nbd+unix:///export?socket=PATH, nbds:// or nbds+unix:// (TLS; parameters
as for nbdinfo), file:///path, or the path of a raw file or block device.`

const general = `blocks: copies, verifies and compares disks, and says what one is.

  npm run blocks -- copy <from> <to> [options]
  npm run blocks -- verify <uri> <digest-file> [<digest-file> …]
  npm run blocks -- compare <a> <b> [options]
  npm run blocks -- info <uri> [--json]
  npm run blocks -- <command> --help

${uris}

Status: 0 done or the same, 1 different, 2 trouble, 130 cancelled.
With --json: npm run --silent blocks -- …, else npm's own lines stand before it.`

const copy = `npm run blocks -- copy <from> <to> [options]

Copies a disk over another. What <to> holds is overwritten. A path that does not exist becomes a raw file of the
source's size.

  --digests FILE     writes the BLAKE3 digest of every 64 KiB, for verify
  --over FILE        <to> lies over a disk with these digests (an overlay): stores only what differs from it;
                     again for the layers below, nearest first
  --checkpoint FILE  makes it resumable: the same command again goes on after a crash, a kill or Ctrl-C
  --fresh            <to> is known to read as zeros everywhere: zeros are left out
  --extents FILE     copies only these areas: lines of "offset length" in bytes; # begins a comment
  --rate MiB/s       reads no faster
  --stall SECONDS    gives up when nothing moves for so long (60)
  --json             the result as one line of JSON on stdout

${uris}`

const verify = `npm run blocks -- verify <uri> <digest-file> [<digest-file> …]

Reads a disk and compares every 64 KiB with its digest. Of an overlay: all digest files of its chain, nearest layer first.
Ranges that differ are lines of "offset length" on stdout.

  --max N            names so many grains at most; all are counted (1000)
  --stall SECONDS    gives up when nothing moves for so long (60)
  --json             the result as one line of JSON on stdout

${uris}

Status: 0 all match, 1 some do not, 2 trouble.`

const compare = `npm run blocks -- compare <a> <b> [options]

Compares two disks. Ranges that differ, in steps of 4 KiB, are lines of "offset length" on stdout. What both sides report
as zero is not read. Disks of different size differ from the end of the shorter one on.

  --ignore-zero-tail only what is not zero behind the shorter disk's end differs
  --max N            names so many ranges at most; all are counted (100)
  --stall SECONDS    gives up when nothing moves for so long (60)
  --json             the result as one line of JSON on stdout

${uris}

Status as cmp: 0 the same, 1 different, 2 trouble.`

const info = `npm run blocks -- info <uri> [--json]

Says what a disk is: size, what the server allows, how much of it is data, zeros and holes.

  --seconds N        looks at the allocation for so long at most, and says how far it came (10)
  --json             one line of JSON on stdout

${uris}`

const helps: Readonly<Record<CommandName, string>> = { copy, verify, compare, info }

export const helpText = (command?: CommandName): string => (command === undefined ? general : helps[command])
