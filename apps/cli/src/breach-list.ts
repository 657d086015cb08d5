import { breachListCommand } from './breach-list.command.js';
import { runCommand } from './command.js';

process.exitCode = await runCommand(breachListCommand, process.argv.slice(2), process);
