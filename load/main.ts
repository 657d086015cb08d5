/** `npm run load`: runs a load test against a deployment and reports the results. */
import { LoadError } from './load-error.js';
import { makeRecords } from './records/records-command.js';
import { runLoad } from './run-load.js';
import { createAccounts } from './users-command.js';

const [first, ...rest] = process.argv.slice(2);
try {
  const { output, exitCode } = await run();
  process.stdout.write(output);
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof LoadError)) throw error;
  process.stderr.write(`load: ${error.message}\nAll options: docs/reference/load.md\n`);
  process.exitCode = 1;
}

function run() {
  if (first === 'users') return createAccounts(rest, process.env);
  if (first === 'records') return makeRecords(rest, process.env);
  return runLoad(process.argv.slice(2), process.env);
}
