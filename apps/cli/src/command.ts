import type { Readable, Writable } from 'node:stream';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { BlueprintError, FlowReleaseError, type PythonSyntaxChecker } from '@gatehouse/blueprints';
import { escapeUnprintableLines } from '@gatehouse/contracts';
import { CommandError, databaseName, isNewDatabase } from '@gatehouse/local';
import type { CommandEventRecorder } from '@gatehouse/outbox';
import {
  ConfigError,
  isDatabaseUnavailable,
  MigrationError,
  resolveEnvironment,
  StartError,
} from '@gatehouse/platform';

/** The members of a process that a command uses: the environment, the standard streams and a Python process. */
export interface CommandProcess {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean | undefined };
  /** Checks the syntax of expressions. By default, a command starts a Python process if it needs one. */
  readonly syntax?: PythonSyntaxChecker | undefined;
}

/** The output of a command that has found errors in its input. */
export interface CommandResult {
  readonly output: string;
  readonly exitCode: 0 | 1;
}

/** A command of the operator. */
export interface Command {
  /** The name that precedes the error messages of the command. */
  readonly name: string;
  /** What `--help` prints: how the command is called. */
  readonly usage: string;
  /**
   * Returns the output of the command. A plain string means exit code 0, and so does `undefined`, which means that the
   * command has written its output itself.
   */
  readonly run: (args: readonly string[], process: CommandProcess) => Promise<string | CommandResult | undefined>;
}

/**
 * Runs a command and returns its exit code. Writes its output to standard output, or one sentence to standard error.
 * With `--help` or `-h` among the arguments, writes the usage and does nothing else.
 * Escapes unprintable characters in the output and in the error, because names from the database or a file may contain
 * terminal sequences.
 */
export async function runCommand(command: Command, args: readonly string[], process: CommandProcess): Promise<number> {
  try {
    if (args.some((argument) => argument === '--help' || argument === '-h')) {
      process.stdout.write(`${command.usage}\n`);
      return 0;
    }
    const { stdin, stdout, stderr, syntax } = process;
    const result = await command.run(args, { env: resolveEnvironment(process.env), stdin, stdout, stderr, syntax });
    if (result === undefined) return 0;
    const { output, exitCode } = typeof result === 'string' ? { output: result, exitCode: 0 } : result;
    process.stdout.write(`${escapeUnprintableLines(output)}\n`);
    return exitCode;
  } catch (error) {
    process.stderr.write(`${command.name}: ${escapeUnprintableLines(errorText(error))}\n`);
    return 1;
  }
}

/** Writes a warning to standard error if events of a command were not recorded, because there is no seal key. */
export function warnUnrecorded(
  { hasUnrecorded }: CommandEventRecorder,
  { stderr }: Pick<CommandProcess, 'stderr'>,
): void {
  if (hasUnrecorded)
    stderr.write(
      'warning: no audit event of this command was written, because SEAL_KEYS is not set. ' +
        'Set it to the seal keys of the gateway (docs/how-to/audit-events.md).\n',
    );
}

/** Writes which database a command changes, to standard error. */
export const announceDatabase = ({ env, stderr }: Pick<CommandProcess, 'env' | 'stderr'>): void => {
  stderr.write(`database: ${escapeUnprintableLines(databaseName(env))}\n`);
};

/** Writes that a command creates an empty embedded database, and how to choose another, to standard error. */
export function warnNewDatabase(process: Pick<CommandProcess, 'env' | 'stderr'>): void {
  if (isNewDatabase(process.env)) announceDatabase(process);
}

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Returns the options and the names of a command line. Throws CommandError for an unknown option, or if there is no
 * name.
 */
export function parseCommandArguments<const O extends Options>(args: readonly string[], options: O) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 0) return { values, names: positionals };
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
  throw new CommandError('The argument NAME is missing.');
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = [CommandError, ConfigError, BlueprintError, FlowReleaseError, MigrationError, StartError];
  if (expected.some((kind) => error instanceof kind)) return error.message;
  if (isDatabaseUnavailable(error)) return `Postgres cannot be reached: ${error.message}`;
  return error.stack ?? error.message;
}
