/** `npm run load`: puts a load on a deployment and reports how it served it. */
import { LoadError } from './load-error.js';
import { runLoad } from './run-load.js';
import { createAccounts } from './users-command.js';

const [first, ...rest] = process.argv.slice(2);
try {
  const command = first === 'users' ? createAccounts(rest, process.env) : runLoad(process.argv.slice(2), process.env);
  const { output, exitCode } = await command;
  process.stdout.write(output);
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof LoadError)) throw error;
  process.stderr.write(`load: ${error.message}\nAll options: docs/reference/load.md\n`);
  process.exitCode = 1;
}
