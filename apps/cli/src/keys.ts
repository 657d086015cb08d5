import { runCommand } from './command.js';
import { keysCommand } from './keys.command.js';

process.exitCode = await runCommand(keysCommand, process.argv.slice(2), process);
