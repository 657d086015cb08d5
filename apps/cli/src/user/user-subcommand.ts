import type { CommandEventRecorder } from '@gatehouse/outbox';
import type { DataSource } from 'typeorm';
import type { CommandProcess, CommandResult } from '../command.js';

/** The dependencies of a subcommand of `npm run user`. */
export interface UserCommandContext {
  readonly source: DataSource;
  readonly env: NodeJS.ProcessEnv;
  readonly process: Pick<CommandProcess, 'stdin' | 'stderr'>;
  /** Writes the audit events of the subcommand. */
  readonly events: CommandEventRecorder;
}

/** A subcommand of `npm run user`. */
export interface UserSubcommand {
  /** The arguments of the subcommand, for the usage message. */
  readonly usage: string;
  /** Runs the subcommand and returns its output. Throws CommandError for a mistake of the operator. */
  readonly run: (args: readonly string[], context: UserCommandContext) => Promise<string | CommandResult>;
}
