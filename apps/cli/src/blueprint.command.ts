import { CommandError } from '@gatehouse/local';
import { applyBlueprintFiles, compareBlueprintFiles, updateBlueprintFiles } from './blueprint/apply.js';
import { checkBlueprintFiles } from './blueprint/check.js';
import { exportBlueprint } from './blueprint/export.js';
import { printBlueprintSchema } from './blueprint/schema.js';
import type { Command } from './command.js';

const SUBCOMMANDS: ReadonlyMap<string, Command['run']> = new Map<string, Command['run']>([
  ['apply', applyBlueprintFiles],
  ['diff', compareBlueprintFiles],
  ['update', updateBlueprintFiles],
  ['check', checkBlueprintFiles],
  ['export', exportBlueprint],
  ['schema', printBlueprintSchema],
]);

const USAGE = `usage: npm run blueprint -- apply [--once | --dry-run [--json] | --draft [--json]] [--strict | --lenient] FILE-OR-FOLDER…
       npm run blueprint -- diff [--lenient] FILE-OR-FOLDER…
       npm run blueprint -- update [--lenient] FILE-OR-FOLDER…
       npm run blueprint -- check [--json] [--lenient] FILE-OR-FOLDER…
       npm run blueprint -- export [--output FILE] FLOW_SLUG
       npm run blueprint -- schema [--output FILE]`;

/** `npm run blueprint`: applies, compares, updates, checks and exports blueprints, and prints their JSON Schema. */
export const blueprintCommand: Command = {
  name: 'blueprint',
  usage: USAGE,
  run: async ([name = '', ...args], process) => {
    const subcommand = SUBCOMMANDS.get(name);
    if (!subcommand || (args.length === 0 && name !== 'schema')) throw new CommandError(USAGE);
    return subcommand(args, process);
  },
};
