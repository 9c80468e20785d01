import { readArguments, type Arguments } from './arguments.js'
import { helpText } from './help.js'
import { runCompare } from './run-compare.js'
import { runCopy } from './run-copy.js'
import { runInfo } from './run-info.js'
import { runVerify } from './run-verify.js'
import { sentenceOf } from './sentence.js'
import { printLine, type Terminal } from './terminal.js'

/** Runs one command to its end and resolves with its status: 0 done or same, 1 different, 2 trouble. Never rejects. */
export const runCommandLine = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    return await runCommand(readArguments(words), terminal)
  } catch (error) {
    printLine(terminal.stderr, terminal.signal.aborted ? 'Cancelled.' : sentenceOf(error))
    return 2
  }
}

const runCommand = async (args: Arguments, terminal: Terminal): Promise<number> => {
  switch (args.command) {
    case 'help':
      printLine(terminal.stdout, helpText(args.about))
      return 0
    case 'copy':
      return runCopy(args, terminal)
    case 'verify':
      return runVerify(args, terminal)
    case 'compare':
      return runCompare(args, terminal)
    case 'info':
      return runInfo(args, terminal)
  }
}
