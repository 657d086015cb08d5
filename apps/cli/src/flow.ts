import { runCommand } from './command.js';
import { flowCommand } from './flow.command.js';

process.exitCode = await runCommand(flowCommand, process.argv.slice(2), process);
