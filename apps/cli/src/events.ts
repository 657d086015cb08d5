import { runCommand } from './command.js';
import { eventsCommand } from './events.command.js';

process.exitCode = await runCommand(eventsCommand, process.argv.slice(2), process);
