import { Readable, Writable } from 'node:stream';
import { blueprintCommand } from '../../apps/cli/src/blueprint.command.js';
import { breachListCommand } from '../../apps/cli/src/breach-list.command.js';
import { checkStageCommand } from '../../apps/cli/src/check-stage.command.js';
import { runCommand } from '../../apps/cli/src/command.js';
import { databaseCommand } from '../../apps/cli/src/database.command.js';
import { eventsCommand } from '../../apps/cli/src/events.command.js';
import { flowCommand } from '../../apps/cli/src/flow.command.js';
import { keysCommand } from '../../apps/cli/src/keys.command.js';
import { mailCommand } from '../../apps/cli/src/mail.command.js';
import { migrateCommand } from '../../apps/cli/src/migrate.command.js';
import { rolesCommand } from '../../apps/cli/src/roles.command.js';
import { userCommand } from '../../apps/cli/src/user.command.js';
import { syntaxChecker } from './syntax-checker.js';

const COMMANDS = {
  blueprint: blueprintCommand,
  'breach-list': breachListCommand,
  'check-stage': checkStageCommand,
  database: databaseCommand,
  events: eventsCommand,
  flow: flowCommand,
  keys: keysCommand,
  mail: mailCommand,
  migrate: migrateCommand,
  roles: rolesCommand,
  user: userCommand,
} as const;

/** Name of a command of the operator, as in `npm run NAME`. */
export type OperatorCommand = keyof typeof COMMANDS;
export const OPERATOR_COMMANDS = Object.keys(COMMANDS) as readonly OperatorCommand[];

interface CommandInput {
  readonly env: Readonly<Record<string, string>>;
  /** Text on standard input. */
  readonly stdin?: string;
}

/** What a command has written, and its exit code. */
export interface CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an operator command within this process. The command sees no environment variables except `env`. */
export async function runCli(
  name: OperatorCommand,
  args: readonly string[],
  { env, stdin = '' }: CommandInput,
): Promise<CommandOutput> {
  const [stdout, stderr] = [new TextSink(), new TextSink()];
  const streams = { stdin: Readable.from([stdin]), stdout, stderr };
  const code = await runCommand(COMMANDS[name], args, { env, ...streams, syntax: syntaxChecker });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Runs a command and returns its output. Throws CommandFailedError if its exit code is not 0. */
export async function runCliOk(...run: Parameters<typeof runCli>): Promise<string> {
  const output = await runCli(...run);
  if (output.code !== 0) throw new CommandFailedError(output);
  return output.stdout;
}

/** A command has ended with an exit code other than 0. */
class CommandFailedError extends Error implements CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor({ code, stdout, stderr }: CommandOutput) {
    super(`exit code ${code}: ${stderr || stdout}`);
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}
