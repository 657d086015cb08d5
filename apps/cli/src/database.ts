import { runCommand } from './command.js';
import { databaseCommand } from './database.command.js';

process.exitCode = await runCommand(databaseCommand, process.argv.slice(2), process);
