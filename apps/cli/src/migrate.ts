import { runCommand } from './command.js';
import { migrateCommand } from './migrate.command.js';

process.exitCode = await runCommand(migrateCommand, process.argv.slice(2), process);
