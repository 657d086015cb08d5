import { CommandError } from '@gatehouse/local';
import { apply } from './blueprint/apply.js';
import { check } from './blueprint/check.js';
import { exportOne } from './blueprint/export.js';
import { runCommand } from './command.js';

const COMMANDS: ReadonlyMap<string, (args: readonly string[]) => Promise<string>> = new Map([
  ['apply', apply],
  ['check', check],
  ['export', exportOne],
]);

const USAGE = `usage: npm run blueprint -- apply [--strict] FILE-OR-FOLDER…
       npm run blueprint -- check [--json] FILE-OR-FOLDER…
       npm run blueprint -- export [--output FILE] FLOW_SLUG`;

await runCommand('blueprint', async ([name = '', ...args]) => {
  const verb = COMMANDS.get(name);
  if (!verb || args.length === 0) throw new CommandError(USAGE);
  return verb(args);
});
