import { runCommand } from './command.js';
import { rolesCommand } from './roles.command.js';

process.exitCode = await runCommand(rolesCommand, process.argv.slice(2), process);
