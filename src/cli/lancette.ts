import { languageOfEnvironment } from './context.js';
import { runProgram } from './program.js';
import { openDatabase } from './session.js';

/** `npm run lancette -- <command>`. */
process.exitCode = await runProgram(process.argv.slice(2), {
  language: languageOfEnvironment(process.env),
  openDatabase: () => openDatabase(),
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
  isTerminal: process.stderr.isTTY === true,
});
