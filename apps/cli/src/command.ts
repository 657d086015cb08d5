import { type ParseArgsConfig, parseArgs } from 'node:util';
import { BlueprintError } from '@gatehouse/blueprints';
import { CommandError } from '@gatehouse/local';
import { ConfigError } from '@gatehouse/platform';

/** Runs a command line tool: its answer on standard output, what is wrong as one sentence on standard error, exit code 1. */
export async function runCommand(name: string, command: (args: readonly string[]) => Promise<string>): Promise<void> {
  try {
    process.stdout.write(`${await command(process.argv.slice(2))}\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${errorText(error)}\n`);
    process.exitCode = 1;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** The options and the names of a command line. Throws CommandError for an unknown option, or without a name. */
export function parseCommandArguments<const O extends Options>(args: readonly string[], options: O) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 0) return { values, names: positionals };
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  throw new CommandError('names what?');
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = [CommandError, ConfigError, BlueprintError].some((kind) => error instanceof kind);
  return expected ? error.message : (error.stack ?? error.message);
}
