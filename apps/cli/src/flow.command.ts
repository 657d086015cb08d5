import { CommandError } from '@gatehouse/local';
import type { Command } from './command.js';
import { traceFlow } from './flow/trace.js';

const SUBCOMMANDS: ReadonlyMap<string, Command['run']> = new Map<string, Command['run']>([['trace', traceFlow]]);

const USAGE = 'usage: npm run flow -- trace PLAN_OR_REQUEST_ID [--json]   prints what happened in one run of a flow';

/** `npm run flow`: shows what happened in the runs of a flow. */
export const flowCommand: Command = {
  name: 'flow',
  run: async ([name = '', ...args], process) => {
    const subcommand = SUBCOMMANDS.get(name);
    if (!subcommand) throw new CommandError(USAGE);
    return subcommand(args, process);
  },
};
