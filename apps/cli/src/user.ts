import { runCommand } from './command.js';
import { userCommand } from './user.command.js';

process.exitCode = await runCommand(userCommand, process.argv.slice(2), process);
