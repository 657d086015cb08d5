import type { DataSource } from 'typeorm';
import type { CommandProcess, CommandResult } from '../command.js';

/** What a subcommand of `npm run user` works with. */
export interface UserCommandContext {
  readonly source: DataSource;
  readonly env: NodeJS.ProcessEnv;
  readonly process: Pick<CommandProcess, 'stdin' | 'stderr'>;
}

/** A subcommand of `npm run user`. */
export interface UserSubcommand {
  /** Its arguments, for the usage message. */
  readonly usage: string;
  /** Returns the output. Throws CommandError. */
  readonly run: (args: readonly string[], context: UserCommandContext) => Promise<string | CommandResult>;
}
