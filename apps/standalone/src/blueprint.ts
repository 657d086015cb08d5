import { apply } from './blueprint-verbs/apply.js';
import { CommandError, runCommand } from './command.js';

const VERBS: ReadonlyMap<string, (args: readonly string[]) => Promise<string>> = new Map([['apply', apply]]);

const USAGE = `usage: npm run blueprint -- apply [--strict] FILE-OR-FOLDER…`;

await runCommand('blueprint', async ([name = '', ...args]) => {
  const verb = VERBS.get(name);
  if (!verb || args.length === 0) throw new CommandError(USAGE);
  return verb(args);
});
