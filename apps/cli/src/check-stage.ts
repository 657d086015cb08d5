import { checkStageCommand } from './check-stage.command.js';
import { runCommand } from './command.js';

process.exitCode = await runCommand(checkStageCommand, process.argv.slice(2), process);
