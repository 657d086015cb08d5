import { blueprintCommand } from './blueprint.command.js';
import { runCommand } from './command.js';

process.exitCode = await runCommand(blueprintCommand, process.argv.slice(2), process);
