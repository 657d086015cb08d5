import { runCommand } from './command.js';
import { mailCommand } from './mail.command.js';

process.exitCode = await runCommand(mailCommand, process.argv.slice(2), process);
